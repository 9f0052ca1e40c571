"""The kinds of values that rules compare, and reading each as its kind: the same for what a rule
names and for what is known of a lead.

Nothing here raises: what cannot be read as a kind is None, which is to say missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from math import isnan
from re import compile as pattern
from typing import Any

from features.attribute_values import is_written_date

# Years whose days stay within Python's and every time zone; microseconds, which PostgreSQL keeps.
UNREADABLE_MOMENT = r"^(0001|9999)|\.[0-9]{7}"
LONGEST_NUMBER = 300  # characters; a shorter one is within the range of a double
_UNREADABLE = pattern(UNREADABLE_MOMENT)
# Of the letters that names in Latin script are written with, each capital and its small one.
CAPITALS = "".join(
    letter
    for letter in map(chr, (*range(0x41, 0x5B), *range(0xC0, 0x180)))
    if len(letter.lower()) == 1 and letter.lower() != letter
)
SMALL = CAPITALS.lower()
_SMALL = str.maketrans(CAPITALS, SMALL)


@dataclass(frozen=True)
class Codes:
    """All codes that a text can be, in small letters; ``advice`` is what to write in the place of a
    text that is none."""

    known: Callable[[], frozenset[str]]
    advice: Callable[[str], str]

    def __contains__(self, said: object) -> bool:
        return said in self.known()


# All that a text field can hold.
Values = tuple[str, ...] | Codes
Value = float | str | bool | datetime | frozenset[str]


class ValueKind(StrEnum):
    """What a field holds."""

    NUMBER = "number"
    TEXT = "text"
    TEXTS = "list of texts"
    BOOLEAN = "boolean"
    MOMENT = "moment"


def fold(text: str) -> str:
    """The text as it is compared: Latin letters small, every other character as it is."""
    return text.translate(_SMALL)


def is_empty(value: Any) -> bool:
    """Whether a value is missing, an empty text or an empty list."""
    return value is None or (isinstance(value, str | list | tuple) and not value)


def read(kind: ValueKind, value: Any) -> Value | None:
    """The value as this kind, ready to be compared; None where it is missing or of another.

    A number that is none (NaN) is missing.
    """
    return _READERS[kind](value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return None if isnan(number) else number


def _text(value: Any) -> str | None:
    return fold(value) if isinstance(value, str) else None


def _texts(value: Any) -> frozenset[str] | None:
    if not isinstance(value, list | tuple):
        return None
    return frozenset(fold(text) for text in value if isinstance(text, str))


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    """A moment, or an ISO 8601 text of one; without a zone it is in UTC, a day is its midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        if not is_written_date(value) or _UNREADABLE.search(value):
            return None
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_READERS = {
    ValueKind.NUMBER: _number,
    ValueKind.TEXT: _text,
    ValueKind.TEXTS: _texts,
    ValueKind.BOOLEAN: _boolean,
    ValueKind.MOMENT: _moment,
}
