"""One line and one count a request: what was asked, by whom, how it ended, how long it took."""

import re
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from leadflow.gateway.http.around import AroundRequests
from leadflow.observability.logs import get_logger
from leadflow.observability.metrics import count_request

# Where ``security`` leaves the id of the caller once it is known.
CALLER = "leadflow.caller"
LEAD_ID = re.compile(r"lead_[0-9a-z]{8,40}")
# What no route takes: said as one, so that nobody's guesses fill the log's fields.
NO_ROUTE = "none"
log = get_logger(__name__)


class RequestLog(AroundRequests):
    """Stands inside ``RequestContext``, whose ids are in each line. Plain ASGI, because it is in
    the way of every request."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        # Bound once: the logger of a module is looked up anew for every line.
        self._log = log.bind()

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        begun, status, took = perf_counter(), 500, None

        async def answer(message: Message) -> None:
            nonlocal status, took
            if message["type"] == "http.response.start":
                status = message["status"]
                if _stays_open(message):
                    took = perf_counter() - begun
            await send(message)

        failure: Exception | None = None
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            failure = error
            raise
        finally:
            _write(self._log, scope, status, took or perf_counter() - begun, failure)


def _stays_open(start: Message) -> bool:
    """Whether what is answered goes on for as long as somebody waits, which is no measure of how
    long they had to."""
    return (b"content-type", b"text/event-stream; charset=utf-8") in start.get("headers", ())


def route_of(scope: Scope) -> str:
    """The address as it was declared, ``/leads/{lead_id}``: never what was typed, which may name
    people."""
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    if path:
        return str(path)
    return "/static" if scope["path"].startswith("/static/") else NO_ROUTE


def _write(
    line: FilteringBoundLogger,
    scope: Scope,
    status: int,
    seconds: float,
    failure: Exception | None,
) -> None:
    route = route_of(scope)
    count_request(scope["method"], route, status, seconds)
    lead_id = (scope.get("path_params") or {}).get("lead_id")
    said: dict[str, object] = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
    }
    if CALLER in scope:
        said["caller"] = scope[CALLER]
    if isinstance(lead_id, str) and LEAD_ID.fullmatch(lead_id):
        said["lead_id"] = lead_id
    if failure is None:
        line.info("request", **said)
    else:
        line.error("request failed", exc_info=failure, **said)
