"""Each request as a span of a trace: the caller's, where it says which."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadflow.gateway.http.request_log import route_of
from leadflow.observability.spans import span


class RequestTrace:
    """Stands inside ``RequestContext``; only there where traces are kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or whatever else the server hands over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        with span(method, "request", {"http.request.method": method}) as request:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    request.set_attribute("http.response.status_code", message["status"])
                    request.set_attribute("http.route", route_of(scope))
                    request.update_name(f"{method} {route_of(scope)}")
                await send(message)

            await self._app(scope, receive, answer)
