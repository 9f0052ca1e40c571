"""Each request as a span of a trace: the caller's, where it says which."""

from starlette.types import Message, Receive, Scope, Send

from leadflow.gateway.http.around import AroundRequests
from leadflow.gateway.http.request_log import route_of
from leadflow.observability.spans import span


class RequestTrace(AroundRequests):
    """Stands inside ``RequestContext``; only there where traces are kept."""

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        method = scope["method"]
        with span(method, "request", {"http.request.method": method}) as piece:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    piece.set_attribute("http.response.status_code", message["status"])
                    piece.set_attribute("http.route", route_of(scope))
                    piece.update_name(f"{method} {route_of(scope)}")
                await send(message)

            await self._app(scope, receive, answer)
