"""HEAD, wherever GET is answered: what GET would answer, without the body. RFC 9110, 9.3.2."""

from starlette.types import Message, Receive, Scope, Send

from leadflow.gateway.http.around import AroundRequests


class HeadAsGet(AroundRequests):
    """Asks as GET what is asked as HEAD. Stands inside of all that logs and counts requests, which
    see them as they came."""

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"
