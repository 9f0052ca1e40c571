"""Reading an attribute as what it is registered as, whatever was sent: SQL that never fails.

An attribute is a JSON value. Its kind was settled when its name was first seen; a later value may
be of another type. What can be read as the kind is read, the rest is missing, and nothing raises:
every cast stands behind a check of the text's exact shape. Needs PostgreSQL 13 or later.
"""

from datetime import date
from re import compile as pattern
from typing import Any

from sqlalchemy import (
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    Numeric,
    case,
    cast,
    extract,
    func,
    literal,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.sql.elements import ColumnElement

TRUE, FALSE = frozenset({"true", "1", "yes", "y", "t"}), frozenset({"false", "0", "no", "n", "f"})
WRITTEN_NUMBER = r"^\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\s*$"
LARGEST, SMALLEST = "1.7976931348623157e308", "1e-300"
SAFE_DIGITS = 300  # a plain number of so many characters is always within a double's range
MOST_DIGITS = 1000
WRITTEN_DATE = (
    r"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$"
)
WITH_ZONE = r"[T ].*(Z|[+-][0-9:]{5})$"
_DATE = pattern(WRITTEN_DATE)


def is_written_date(text: str) -> bool:
    """Whether a text is an ISO 8601 date or date-time of a day that exists."""
    if _DATE.match(text) is None or text.endswith("\n"):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def as_number(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A JSON number, or a text that is one; beyond a double's range it is missing."""
    words, kind = value.astext, func.jsonb_typeof(value)
    exact = cast(words, Numeric)
    within = case(
        (func.abs(exact) < cast(literal(SMALLEST), Numeric), 0.0),
        (func.abs(exact) <= cast(literal(LARGEST), Numeric), cast(exact, Double)),
    )
    readable = words.regexp_match(WRITTEN_NUMBER) & (func.length(words) <= MOST_DIGITS)
    return case(
        ((kind == "number") & (func.length(words) <= SAFE_DIGITS), cast(words, Double)),
        (kind.in_(("number", "string")), case((readable, within))),
    )


def as_truth(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A JSON boolean, or a word or number that says yes or no, as 1.0 and 0.0."""
    words, kind = value.astext, func.jsonb_typeof(value)
    word = func.lower(func.btrim(words))
    truth = case(
        (word.in_(sorted({*TRUE, "1.0"})), 1.0),
        (word.in_(sorted({*FALSE, "0.0"})), 0.0),
    )
    return cast(case((kind.in_(("boolean", "string", "number")), truth)), Double)


def as_category(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text; a number or a boolean is the text it is written as, 4.0 as ``4``."""
    words, kind = value.astext, func.jsonb_typeof(value)
    number = case((func.length(words) <= MOST_DIGITS, func.trim_scale(cast(words, Numeric))))
    return case(
        (kind == "number", cast(number, words.type)),
        (kind.in_(("string", "boolean")), func.nullif(func.btrim(words), "")),
    )


def as_days_since(value: ColumnElement[Any], as_of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Calendar days (UTC) from an ISO 8601 date to the moment; negative while it lies ahead.

    A date-time without a zone is in UTC. A text of another shape, or a day that does not exist, is
    missing.
    """
    words, kind = value.astext, func.jsonb_typeof(value)
    first = func.make_date(_part(words, 1, 4), _part(words, 6, 2), 1)
    last_day = extract("day", first + cast(literal("1 month -1 day"), Interval))
    moment = case(
        (words.regexp_match(WITH_ZONE), _in_utc(cast(words, DateTime(timezone=True)))),
        else_=cast(words, TIMESTAMP),
    )
    days = cast(_in_utc(as_of), Date) - cast(moment, Date)
    exists = case((_part(words, 9, 2) <= last_day, cast(days, Double)))
    return case(((kind == "string") & words.regexp_match(WRITTEN_DATE), exists))


def as_words(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """How many words a text has; missing where nothing is written."""
    words, kind = value.astext, func.jsonb_typeof(value)
    written = func.nullif(func.btrim(words, " \t\r\n"), "")
    count = func.cardinality(func.regexp_split_to_array(written, r"\s+"))
    return case((kind == "string", cast(count, Double)))


def _part(words: ColumnElement[Any], start: int, length: int) -> ColumnElement[int]:
    return cast(func.substr(words, start, length), Integer)


def _in_utc(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.timezone("UTC", moment)
