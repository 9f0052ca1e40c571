"""Bodies of JSON in which each key of an object stands once: of two values one would be dropped,
and which of them is meant nobody can know (RFC 8259, 4)."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

LONGEST_NAME, MOST_NAMED = 100, 20
SAID_TWICE = "is said more than once, and one value is meant"


class ReadRequest(Request):
    """A request whose body has been read, so that nobody reads it again."""

    def __init__(self, request: Request, body: bytes, said: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._read, self._said = body, said

    async def body(self) -> bytes:
        """The body as it came."""
        return self._read

    async def json(self) -> Any:
        """The values in it."""
        return self._said


class _KeyTwice(ValueError):
    """Within one object."""


class _Pairs(tuple[tuple[str, Any], ...]):
    """All that an object says, whatever stands twice."""

    __slots__ = ()


def read_json(body: bytes) -> Any:
    """The values of a body.

    Raises:
        RequestValidationError: keys stand twice; each is named with its place.
        ValueError: it is no JSON.
    """
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    try:
        return ONCE.decode(text)
    except _KeyTwice:
        twice = islice(_twice(ALL.decode(text)), MOST_NAMED)
        faults = [{"type": "key_twice", "loc": ("body", *at), "msg": SAID_TWICE} for at in twice]
        raise RequestValidationError(faults) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _KeyTwice
    return found


def _twice(value: Any, place: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    """The place of each key that stands twice."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _twice(one, (*place, number))
    elif isinstance(value, _Pairs):
        seen: dict[str, int] = {}
        for key, inner in value:
            at = (*place, key[:LONGEST_NAME])
            seen[key] = seen.get(key, 0) + 1
            if seen[key] == 2:
                yield at
            yield from _twice(inner, at)


# Made once: to make one takes half as long as to read a lead.
ONCE = json.JSONDecoder(object_pairs_hook=_once)
ALL = json.JSONDecoder(object_pairs_hook=_Pairs)
