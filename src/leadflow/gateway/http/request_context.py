"""From where a request comes, its id and its trace: for the logs, and for whoever asks about it."""

import re
from contextlib import nullcontext

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from leadflow.audit.context import acting_from, origin
from leadflow.database.ids import new_id
from leadflow.gateway.http.around import AroundRequests
from leadflow.gateway.http.problem import TITLES, problem
from leadflow.observability.logs import bound
from leadflow.observability.trace_context import within

HEADER = "X-Request-ID"
# PostgreSQL keeps no text with one, so that nothing can be found by it.
NUL = "An address must not contain a NUL character."
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,100}")


# What a browser may do with an answer: nothing; the pages of the console say for themselves, and
# those that show the API have their scripts written into them.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
SHOWS_API = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)
SHOWING = ("/docs", "/redoc")


class RequestContext(AroundRequests):
    """Gives each request an id, the caller's own where it sends one, and says it in the answer."""

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        sent = Headers(scope=scope)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            refused = problem(422, *TITLES[422], NUL)
            _harden(refused.headers, scope["path"])
            await refused(scope, receive, send)
            return
        given = sent.get(HEADER, "")
        request_id = given if GIVEN.fullmatch(given) else new_id("req")

        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                _harden(headers, scope["path"])
            await send(message)

        client = scope.get("client")
        came_from = origin("gateway", client[0] if client else None)
        with (
            acting_from(came_from, request_id),
            bound(request_id=request_id),
            within(sent.get("traceparent")) if "traceparent" in sent else nullcontext(),
        ):
            try:
                await self._app(scope, receive, answer)
            except Exception as error:
                # ``RequestLog`` has written it down. Answered here, so that it has the request's
                # id, by which it is found in the log.
                if begun:
                    raise
                said = scope["app"].exception_handlers[Exception](Request(scope), error)
                await said(scope, receive, answer)


def _harden(headers: MutableHeaders, path: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    policy = SHOWS_API if path.startswith(SHOWING) else NOTHING
    headers.setdefault("Content-Security-Policy", policy)
