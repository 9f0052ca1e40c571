"""Reading a custom attribute in SQL as the kind a condition asks for.

An attribute is a JSON value. One of another type than the condition asks for is missing, and
nothing that is stored makes a query fail: every cast stands behind a check of what it casts.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    literal_column,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from features.attribute_values import WITH_ZONE, WRITTEN_DATE
from leadflow.conditions.values import LONGEST_NUMBER, UNREADABLE_MOMENT, ValueKind
from leadflow.leads.tables import Lead

_JSON_TYPES = {
    ValueKind.NUMBER: "number",
    ValueKind.TEXT: "string",
    ValueKind.BOOLEAN: "boolean",
    ValueKind.MOMENT: "string",
}


def read_attribute(name: str, kind: ValueKind) -> ColumnElement[Any]:
    """The attribute as this kind, NULL where it is missing or of another. A number written with
    more than 300 characters is missing too."""
    json, words = Lead.attributes[name], Lead.attributes[name].astext
    of_type = func.jsonb_typeof(json) == _JSON_TYPES[kind]
    if kind is ValueKind.NUMBER:
        return case((and_(of_type, func.length(words) <= LONGEST_NUMBER), cast(words, Double)))
    if kind is ValueKind.BOOLEAN:
        return case((of_type, cast(words, Boolean)))
    return case((of_type, words if kind is ValueKind.TEXT else _moment(words)))


def attribute_is_empty(name: str) -> ColumnElement[bool]:
    """Whether the attribute is missing, null, an empty text or an empty list."""
    written = func.coalesce(cast(Lead.attributes[name], Text), "null")
    return written.in_(["null", '""', "[]"])


def _moment(words: ColumnElement[Any]) -> ColumnElement[Any]:
    """The moment an ISO 8601 text says, as ``values.read`` reads it; NULL for any other text."""
    readable = and_(
        words.regexp_match(WRITTEN_DATE), words.op("!~")(literal(UNREADABLE_MOMENT, Text))
    )
    month = func.make_date(
        cast(func.substr(words, 1, 4), Integer), cast(func.substr(words, 6, 2), Integer), 1
    )
    last_day = extract(
        "day", month + literal_column("interval '1 month'") - literal_column("interval '1 day'")
    )
    of_a_day = cast(func.substr(words, 9, 2), Integer) <= last_day
    zoned = cast(words, DateTime(timezone=True))
    in_utc = func.timezone("UTC", cast(words, TIMESTAMP))
    moment = case((words.regexp_match(WITH_ZONE), zoned), else_=in_utc)
    # One case in another: PostgreSQL looks at the day only of what has the shape of a date.
    return case((readable, case((of_a_day, moment))))
