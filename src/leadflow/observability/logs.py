"""The log of a process: one line a thing that happened, JSON for machines, colours at a terminal.

Each process that begins calls ``configure`` once. Everything then goes the same way: lines of ours
(``structlog.get_logger``), of libraries (``logging``), of failures. Nothing personal gets in:
see ``log_fields`` and ``records``.
"""

import logging
import os
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars, reset_contextvars
from structlog.typing import FilteringBoundLogger, Processor

from leadflow.failures import OWN, describe_with_traceback
from leadflow.observability.log_fields import only_known_fields
from leadflow.observability.personal import LEFT_OUT
from leadflow.observability.records import WorthSaying, safe_failure, safe_text
from leadflow.observability.trace_context import trace_id
from leadflow.settings import Settings, get_settings

SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "prefect", "fastapi")
# How Prefect names in a record the runs that it belongs to.
RUNS = ("flow_run_id", "task_run_id")
# The run that this process was started for, if it was.
OWN_RUN = os.environ.get("PREFECT__FLOW_RUN_ID")
_configured: list[str] = []
Line = MutableMapping[str, Any]


def configure(service: str, at_least: str = "DEBUG") -> None:
    """Let this process write its log to standard error; ``service`` says in each line what it is,
    ``at_least`` leaves out what matters less, whatever the settings say. The first call counts:
    flows that run inside another process leave its log alone."""
    if _configured:
        return
    _configured.append(service)
    settings = get_settings()
    levels = logging.getLevelNamesMapping()
    level = max(levels[settings.log_level], levels[at_least])
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            _add_name,
            *_shared(),
            _renderer(settings),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Writer,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_StandardError())
    handler.setFormatter(LineFormatter())
    handler.addFilter(WorthSaying())
    _hand_over(handler)
    # Warnings are lines like any other, and as little a place for what is personal.
    logging.captureWarnings(True)
    for room in OWN:
        logging.getLogger(room).setLevel(level)


class bound:  # noqa: N801
    """Every line written within the block carries these ids, such as ``lead_id``."""

    def __init__(self, **ids: str | int) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._tokens = bind_contextvars(**self._ids)

    def __exit__(self, *_: object) -> None:
        reset_contextvars(**self._tokens)


def get_logger(room: str) -> FilteringBoundLogger:
    """The logger of a module (``__name__``), as in ``log.info("lead merged", lead_id=lead.id)``.
    The event is constant text; what varies goes into fields that ``fields`` knows."""
    found: FilteringBoundLogger = structlog.get_logger(room)
    return found


class LineFormatter(logging.Formatter):
    """Turns what libraries write through ``logging`` into lines like ours. Servers that set up
    ``logging`` themselves name it in a file, ``uvicorn.json`` or ``prefect.yaml`` beside this."""

    def __init__(self) -> None:
        super().__init__()
        self._processors = [merge_contextvars, *_shared(), _renderer(get_settings())]

    def format(self, record: logging.LogRecord) -> str:
        """One line of the log, without its end."""
        line: Any = {
            "event": safe_text(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        failure = safe_failure(record)
        if failure is not None:
            line["exception"] = failure
        if line["event"] == LEFT_OUT:
            line["where"] = f"{record.module}:{record.lineno}"
        for name in RUNS:
            if getattr(record, name, None):
                line[name] = str(getattr(record, name))
        for process in self._processors:
            line = process(None, record.levelname.lower(), line)
        return str(line)


def _shared() -> list[Processor]:
    return [
        _add_origin,
        _add_failure,
        only_known_fields,
    ]


def _renderer(settings: Settings) -> Processor:
    chosen = settings.log_format
    if chosen == "auto":
        chosen = "console" if sys.stderr.isatty() else "json"
    if chosen == "json":
        return _as_json
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _as_json(_logger: Any, _method: str, line: Line) -> str:
    return orjson.dumps(line).decode()


def _add_name(logger: Any, _method: str, line: Line) -> Line:
    line["logger"] = logger.room
    return line


def _add_origin(_logger: Any, _method: str, line: Line) -> Line:
    line["timestamp"] = datetime.now(UTC).isoformat()[:-6] + "Z"
    if _configured:
        line["service"] = _configured[0]
    if OWN_RUN is not None:
        line.setdefault("flow_run_id", OWN_RUN)
    trace = trace_id()
    if trace is not None:
        line["trace_id"] = trace
    return line


def _add_failure(_logger: Any, _method: str, line: Line) -> Line:
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()[1]
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        line["exception"] = describe_with_traceback(given)
    return line


def _hand_over(handler: logging.Handler) -> None:
    """Servers and libraries write through the root, and only there."""
    root = logging.getLogger()
    for old in list(root.handlers):
        if type(old) is logging.StreamHandler or type(old).__module__.startswith("prefect."):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in SERVERS:
        server = logging.getLogger(name)
        server.propagate = True
        for old in list(server.handlers):
            server.removeHandler(old)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_said_by_the_request)


def _said_by_the_request(record: logging.LogRecord) -> bool:
    """The line of the request has its failure, so that the server need not say it again."""
    return not str(record.msg).startswith("Exception in ASGI application")


class _Writer(structlog.WriteLogger):
    """Where the lines of one module go."""

    def __init__(self, room: str = "leadflow") -> None:
        super().__init__(_StandardError())  # type: ignore[arg-type]
        self.room = room


class _StandardError:
    """Standard error as it is now: tests and terminals put another in its place."""

    def write(self, text: str) -> int:
        return self._now().write(text)

    def flush(self) -> None:
        self._now().flush()

    @staticmethod
    def _now() -> TextIO:
        return sys.stderr
