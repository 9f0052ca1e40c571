"""Paths into what a source sends: JMESPath, with a few functions of our own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jmespath
from jmespath import exceptions, functions
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from leadflow.sources.texts import as_text

LONGEST = 2000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
EVER = (datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
# As far as the clock of a sender may be ahead of ours.
CLOCKS_DIFFER = timedelta(minutes=5)
MEANT = {
    "from_ms": "are seconds meant, from_seconds()?",
    "from_seconds": "are milliseconds meant, from_ms()?",
}


class PathInvalid(ValueError):
    """A path that cannot be read; the message says where."""


class PathFailed(ValueError):
    """A path asks for what cannot be done with this record."""


@dataclass(frozen=True)
class Around:
    """What stands around a record: the whole body, the headers that are kept, and when the delivery
    came."""

    body: Any
    headers: Mapping[str, str]
    received_at: datetime


class _Functions(functions.Functions):
    """``any_time``: whether a counted moment may be of any time; else it has happened, since 2000,
    so that seconds are not taken for milliseconds."""

    def __init__(self, around: Around, any_time: bool) -> None:
        self._around = around
        self._earliest, self._latest = EVER
        if not any_time:
            self._earliest, self._latest = EARLIEST, around.received_at + CLOCKS_DIFFER

    @functions.signature()
    def _func_root(self) -> Any:
        """The whole body, from within one of its records."""
        return self._around.body

    @functions.signature()
    def _func_received_at(self) -> str:
        """When the delivery came."""
        return self._around.received_at.astimezone(UTC).isoformat()

    @functions.signature({"types": ["string"]})
    def _func_header(self, name: str) -> str | None:
        """A header that the source keeps."""
        return self._around.headers.get(name.lower())

    @functions.signature({"types": ["number", "string", "null"]})
    def _func_from_ms(self, count: Any) -> str | None:
        """ISO 8601 of milliseconds since 1970."""
        return self._moment(count, timedelta(milliseconds=1), "from_ms")

    @functions.signature({"types": ["number", "string", "null"]})
    def _func_from_seconds(self, count: Any) -> str | None:
        """ISO 8601 of seconds since 1970."""
        return self._moment(count, timedelta(seconds=1), "from_seconds")

    def _moment(self, count: Any, unit: timedelta, name: str) -> str | None:
        if count is None or count == "":
            return None
        try:
            moment = datetime.fromtimestamp(0, UTC) + float(count) * unit
        except OverflowError:
            moment = LAST
        except ValueError:
            raise PathFailed(f"{name}() takes a count of time since 1970") from None
        if not self._earliest <= moment <= self._latest:
            when = "too long ago" if moment < self._earliest else "to come"
            raise PathFailed(f"{name}() gives a moment {when}: {MEANT[name]}")
        return moment.isoformat()

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str | None:
        """JMESPath's own, but that nothing stays nothing: the text 'null' would be an id."""
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, separators=(",", ":"))

    @functions.signature({"types": ["string", "null"]})
    def _func_lower(self, text: str | None) -> str | None:
        """In small letters."""
        return None if text is None else text.lower()

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_split(self, text: str | None, mark: str) -> list[str] | None:
        """The parts of a text between marks."""
        return None if text is None else text.split(mark)


def compiled(path: str) -> ParsedResult:
    """A path, ready to be followed; the same path is compiled once.

    Raises:
        PathInvalid: it is none.
    """
    if len(path) > LONGEST:
        raise PathInvalid(f"A path has at most {LONGEST:,} characters.")
    return _compiled(path)


@lru_cache(maxsize=10_000)
def _compiled(path: str) -> ParsedResult:
    try:
        found = jmespath.compile(path)
        _see_functions(found.parsed)
    except exceptions.JMESPathError as error:
        said = str(error).splitlines()[0].rstrip(":. ")
        raise PathInvalid(f"{path!r} is no path in JMESPath: {said}.") from error
    except RecursionError:
        raise PathInvalid("The path is nested too deeply.") from None
    return found


def _see_functions(node: Any) -> None:
    """Functions are looked up only as a path is followed; a misspelt one is found here."""
    if node["type"] == "function_expression" and node["value"] not in _Functions.FUNCTION_TABLE:
        raise exceptions.UnknownFunctionError(f"there is no function {node['value']}()")
    for child in node["children"]:
        if isinstance(child, dict) and "type" in child:
            _see_functions(child)


class Follower:
    """Follows paths within what stands around one delivery."""

    def __init__(self, around: Around) -> None:
        # Made once for all paths: to make one takes as long as to follow a name.
        self._interpreters = [
            TreeInterpreter(jmespath.Options(custom_functions=_Functions(around, any_time)))
            for any_time in (False, True)
        ]

    def follow(self, path: str, record: Any, any_time: bool = False) -> Any:
        """What the path leads to in a record; None where it leads nowhere. ``any_time``: whether
        ``from_ms`` and ``from_seconds`` may lead to any time, and not only to what has happened.

        Raises:
            PathFailed: a function does not take what is there.
        """
        try:
            return self._interpreters[any_time].visit(compiled(path).parsed, record)
        except exceptions.JMESPathTypeError as error:
            said = f"{error.function_name}() takes no {_named(error.actual_type)}"
            raise PathFailed(f"{path}: {said}") from None
        except exceptions.JMESPathError as error:
            raise PathFailed(f"{path}: {type(error).__name__}") from None
        except (RecursionError, ArithmeticError, TypeError) as error:
            raise PathFailed(f"{path}: {type(error).__name__}") from None

    def listed(self, path: str | None, record: Any) -> list[Any]:
        """What a path leads to, as a list: none, one, or each of a list; without a path, the
        record.

        Raises:
            PathFailed: a function does not take what is there.
        """
        found = record if path is None else self.follow(path, record)
        return found if isinstance(found, list) else [] if found is None else [found]

    def holds(self, path: str | None, record: Any) -> bool:
        """Whether a condition holds, which is true where there is none. Nothing, false, and what is
        empty do not hold.

        Raises:
            PathFailed: a function does not take what is there; or the path leads to a text or a
                number, which may say either: 'false' and 0 are not false.
        """
        value = True if path is None else self.follow(path, record)
        if value is None or value is False or value in ("", [], {}):
            return False
        if isinstance(value, str):
            raise PathFailed(f"{path} is a text, not true or false: compare it, {path} == 'true'")
        if isinstance(value, int | float) and value is not True:
            raise PathFailed(f"{path} is a number, not true or false: compare it, {path} == `1`")
        return True

    def text(self, path: str | None, record: Any) -> str | None:
        """What a path leads to, as text; None without a path.

        Raises:
            PathFailed: a function does not take what is there.
            NotAValue: it is an object or a list.
        """
        return None if path is None else as_text(self.follow(path, record), None)


def _named(kind: str) -> str:
    return {"object": "object", "array": "list", "null": "null"}.get(kind, kind)
