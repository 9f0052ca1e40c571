"""From where a request comes, its id and its trace: for the logs, and for whoever asks about it."""

import re
from contextlib import nullcontext

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from leadflow.audit.context import acting_from, origin
from leadflow.database.ids import new_id
from leadflow.gateway.http.around import AroundRequests
from leadflow.gateway.http.problems import TITLES, problem
from leadflow.observability.logs import bound
from leadflow.observability.trace_context import within

HEADER = "X-Request-ID"
# PostgreSQL keeps no text with one, so that nothing can be found by it.
NUL = "An address must not contain a NUL character."
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,100}")


class RequestContext(AroundRequests):
    """Gives each request an id, the caller's own where it sends one, and says it in the answer."""

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers = Headers(scope=scope)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await problem(422, *TITLES[422], NUL)(scope, receive, send)
            return
        given = headers.get(HEADER, "")
        request_id = given if GIVEN.fullmatch(given) else new_id("req")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        client = scope.get("client")
        came_from = origin("gateway", client[0] if client else None)
        with (
            acting_from(came_from, request_id),
            bound(request_id=request_id),
            within(headers.get("traceparent")) if "traceparent" in headers else nullcontext(),
        ):
            await self._app(scope, receive, answer)
