"""From where a request comes, and its id: for the audit log, and for whoever asks about it."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadflow.audit.context import acting_from, origin
from leadflow.database.ids import new_id

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,100}")


class RequestContext:
    """Gives each request an id, the caller's own where it sends one, and says it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or whatever else the server hands over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if GIVEN.fullmatch(given) else new_id("req")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        client = scope.get("client")
        with acting_from(origin("gateway", client[0] if client else None), request_id):
            await self._app(scope, receive, answer)
