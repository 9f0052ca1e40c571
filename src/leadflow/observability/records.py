"""Lines that libraries write through ``logging``, made safe before anybody reads them.

A library's text may quote what it was working on. Of text that is put together from a template,
the template is kept, and of what is put in only what cannot be about a person. Text that is made
at once is kept only of libraries that were looked at; of others the place in the code is.
"""

import logging
from collections.abc import Mapping
from typing import Any

from leadflow.failures import OWN, describe, describe_with_traceback
from leadflow.observability.log_fields import WORD
from leadflow.observability.personal import LEFT_OUT, without_personal_data

# Servers and libraries that write about themselves, never about a lead.
LOOKED_AT = frozenset({"uvicorn", "prefect", "alembic", "structlog", *OWN, "deployments"})


def safe_text(record: logging.LogRecord) -> str:
    """What the record says, without values that may be about a person."""
    template, known = str(record.msg), record.name.split(".")[0] in LOOKED_AT
    if record.args:
        try:
            said = template % _safe_arguments(record.args, known)
        except (TypeError, ValueError, KeyError):
            said = template
        return without_personal_data(said)
    return without_personal_data(template) if known else LEFT_OUT


def safe_failure(record: logging.LogRecord) -> str | None:
    """The traceback of the record, without local variables and without the words of others."""
    raised = record.exc_info[1] if record.exc_info else None
    if raised is not None:
        return without_personal_data(describe_with_traceback(raised))
    return without_personal_data(record.exc_text) if record.exc_text else None


# Said of every step with a time-out that runs in a thread, which is how ours are meant to run. The
# text may have been put together already, for another handler.
KNOWN = " seconds configured for this task, but the task is running in a worker thread"


class WorthSaying(logging.Filter):
    """For the handler that writes the log: of libraries that were not looked at, warnings and
    worse, whatever level they set for themselves; not what is known and always said."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if KNOWN in str(record.msg):
            return False
        return record.levelno >= logging.WARNING or record.name.split(".")[0] in LOOKED_AT


class SafeRecords(logging.Filter):
    """For handlers that send lines elsewhere, such as to the pages of Prefect: each line is made
    safe before it is sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; nothing is dropped."""
        record.msg, record.exc_text = safe_text(record), safe_failure(record)
        record.args, record.exc_info = None, None
        return True


def _safe_arguments(arguments: Any, known: bool) -> Any:
    if isinstance(arguments, Mapping):
        return {name: _safe(value, known) for name, value in arguments.items()}
    return tuple(_safe(value, known) for value in arguments)


def _safe(value: object, known: bool) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, type):
        return value.__name__
    if known and isinstance(value, str) and WORD.fullmatch(value):
        return value
    return LEFT_OUT
