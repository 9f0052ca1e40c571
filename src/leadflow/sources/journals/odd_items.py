"""JSON of a page, read so that one odd item spoils no other: what is odd stays in its item as it
was written, for whoever takes the item in to refuse it by itself."""

import json
from typing import Any

from leadflow.conditions.storable import unstorable
from leadflow.sources.bodies import MOST_DIGITS


class AsWritten(str):
    """A number that is none, or too long to be one, as it was written."""


class SaidTwice(dict[str, Any]):
    """An object in which a key stands twice; ``pairs`` has all that it says."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def read_leniently(body: bytes) -> Any:
    """The values of a body, with what is odd in it.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    # A byte that is no UTF-8 becomes half a character, which is odd in its item alone.
    text = body.decode(json.detect_encoding(body), "surrogateescape")
    return json.loads(
        text,
        strict=False,
        object_pairs_hook=_object,
        parse_int=_whole,
        parse_constant=AsWritten,
    )


def says_twice(body: Any, items: list[Any]) -> bool:
    """Whether a key stands twice anywhere around the items."""
    return _twice_outside(body, {id(one) for one in (items, *items)})


def _twice_outside(value: Any, passed: set[int]) -> bool:
    if id(value) in passed or not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return isinstance(value, SaidTwice) or any(_twice_outside(one, passed) for one in inside)


def item_body(item: Any) -> bytes:
    """An item as JSON, its keys in order, so that the same item is the same body."""
    if not _is_odd(item):
        return json.dumps(item, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return _written(item).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else SaidTwice(pairs)


def _whole(digits: str) -> Any:
    return int(digits) if len(digits) <= MOST_DIGITS else AsWritten(digits)


def _is_odd(value: Any) -> bool:
    return bool(unstorable(value)) or _has_marks(value)


def _has_marks(value: Any) -> bool:
    if isinstance(value, AsWritten | SaidTwice):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and any(map(_has_marks, inside))


def _written(value: Any) -> str:
    if isinstance(value, AsWritten):
        return str(value)
    if isinstance(value, dict):
        pairs = value.pairs if isinstance(value, SaidTwice) else value.items()
        said = sorted(f"{json.dumps(name)}:{_written(one)}" for name, one in pairs)
        return f"{{{','.join(said)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return json.dumps(value)
