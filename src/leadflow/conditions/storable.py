"""Check that content can be kept as JSON in PostgreSQL, made before any other."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from leadflow.conditions.problems import Problem, shown

DEEPEST, LONGEST_KEY = 100, 200


def unstorable(content: Any) -> list[Problem]:
    """What of the content is no JSON that PostgreSQL keeps, or too deep, or has keys too long to be
    named in a place: each with its place."""
    return list(_walk(content, "", 0))


def _walk(value: Any, place: str, depth: int) -> Iterator[Problem]:
    if depth > DEEPEST:
        yield Problem(place, f"Nothing may stand more than {DEEPEST} deep in other things.")
    elif isinstance(value, dict):
        for name, item in value.items():
            if wrong := list(_refusals(name, f"{place} (the key {shown(name)})", str)):
                yield from wrong
            elif len(name) > LONGEST_KEY:
                yield Problem(place, f"A key may have at most {LONGEST_KEY} characters.")
            else:
                yield from _walk(item, f"{place}.{name}" if place else name, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, f"{place}[{number}]", depth + 1)
    else:
        yield from _refusals(value, place, str | bool | int | float | None)


def _refusals(value: Any, place: str, kinds: Any) -> Iterator[Problem]:
    if not isinstance(value, kinds):
        said = "Write text in quotes" if kinds is str else "Write text, a number, true or false"
        yield Problem(place, f"{said}, not {type(value).__name__}.")
    elif isinstance(value, str) and any(
        sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in value
    ):
        yield Problem(place, "A text must not contain a NUL or half a character.")
    elif isinstance(value, int | float) and not _finite(value):
        yield Problem(place, "Write a number within the range of a double.")


def _finite(value: int | float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:
        return False
