"""The fields that a log line may have.

Figures pass; words only under the names below, because what stands there is ours: an id, a route, a
kind. Whoever logs something else finds ``…`` in its place, and adds the field here if no value of
it can ever be about a person.
"""

import re
from collections.abc import MutableMapping
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

from leadflow.observability.personal import LEFT_OUT, without_personal_data

WORDS = frozenset(
    {
        *("timestamp", "level", "logger", "service", "where"),
        *("request_id", "trace_id", "flow_run_id", "task_run_id"),
        *("lead_id", "rep_id", "caller", "person_id", "key_id", "approval_id", "outbox_id"),
        "export_id",
        *("method", "route", "error", "step", "loop", "lane", "act", "state", "queue"),
        *("flow", "deployment", "kind", "level_of_lead", "model", "version", "regime"),
    }
)
WORD = re.compile(r"[A-Za-z0-9_.:/{}<>*-]{1,200}")
# A figure under such a name may be a phone number or what somebody earns.
PERSONAL = re.compile(
    r"name|mail|phone|mobile|fax|address|company|person|contact|birth|salary|budget|revenue|"
    r"payload|body|param|value|content|password|token|secret|input|row|answer"
)


def only_known_fields(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor: replaces by ``…`` every value that might be about a person."""
    for name, value in line.items():
        kind = type(value)
        if kind is str and name in WORDS:
            if WORD.fullmatch(value) is None:
                line[name] = LEFT_OUT
        elif kind is int or kind is float:
            if _may_be_personal(name):
                line[name] = LEFT_OUT
        elif name == "event":
            line[name] = _sentence(str(value))
        elif name == "exception":
            line[name] = without_personal_data(str(value))
        else:
            line[name] = _kept(name, value)
    return line


# Most events are constant text, said again and again.
_sentence = lru_cache(maxsize=2000)(without_personal_data)


def _kept(name: str, value: Any) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return value if name in WORDS and WORD.fullmatch(value) else LEFT_OUT
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | date | timedelta) and not _may_be_personal(name):
        return value if isinstance(value, int | float) else str(value)
    return LEFT_OUT


@lru_cache(maxsize=2000)
def _may_be_personal(name: str) -> bool:
    return PERSONAL.search(name) is not None
