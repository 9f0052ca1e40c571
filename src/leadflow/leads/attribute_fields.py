"""Custom attributes as fields of conditions: ``attributes.NAME``, in SQL and of one lead.

An attribute is a JSON value. One of another type than the condition asks for is missing, and
nothing that is stored makes a query fail: every cast stands behind a check of what it casts.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from math import nan
from re import compile as pattern
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
    select,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Session

from features.attribute_values import WITH_ZONE, WRITTEN_DATE
from leadflow.conditions.fields import FieldFamily, RowsAtHand
from leadflow.conditions.problems import nearest
from leadflow.conditions.values import LONGEST_NUMBER, UNREADABLE_MOMENT, ValueKind
from leadflow.leads.tables import AttributeDefinition, Lead

PREFIX = "attributes."
_NAME = pattern(r"[a-z][a-z0-9_]{0,62}")
# What an attribute may be, in the order in which a test's value is tried to be read.
ATTRIBUTE_KINDS = (ValueKind.NUMBER, ValueKind.BOOLEAN, ValueKind.MOMENT, ValueKind.TEXT)
KIND_OF_DEFINITION = {
    "numeric": ValueKind.NUMBER,
    "categorical": ValueKind.TEXT,
    "text": ValueKind.TEXT,
    "boolean": ValueKind.BOOLEAN,
    "date": ValueKind.MOMENT,
}
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


def _known(session: Session) -> dict[str, str]:
    """The kind each attribute was registered as, by name."""
    columns = AttributeDefinition.name, AttributeDefinition.kind
    return dict(session.execute(select(*columns)).tuples().all())


def _kinds(name: str, known: Mapping[str, str] | None) -> tuple[ValueKind, ...] | str:
    if _NAME.fullmatch(name) is None:
        return "An attribute's name has small letters, digits and _, and begins with a letter."
    if known is None:
        return ATTRIBUTE_KINDS
    if name not in known:
        near = nearest(PREFIX + name, [PREFIX + other for other in known])
        return f"No lead has an attribute {name!r}. {near}"
    return (KIND_OF_DEFINITION[known[name]],)


def _at_hand(rows: RowsAtHand) -> dict[str, Any]:
    written = json.dumps(rows.lead.attributes or {})
    content = json.loads(written, parse_float=_number, parse_int=_number)
    return {PREFIX + name: value for name, value in content.items()}


def _number(digits: str) -> float:
    # As long as the store writes it, which knows no exponents.
    length = len(format(Decimal(digits), "f")) if "e" in digits else len(digits)
    # There, and yet no number to compare with: as ``read_attribute`` takes it.
    return float(digits) if length <= LONGEST_NUMBER else nan


ATTRIBUTES = FieldFamily(
    prefix=PREFIX,
    known=_known,
    kinds=_kinds,
    expression=lambda name, kind, now: read_attribute(name, kind),
    is_empty=lambda name, now: attribute_is_empty(name),
    at_hand=_at_hand,
)
