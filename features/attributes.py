"""Features made of a company's own attributes: no code, only their definition."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Double, Integer, case, cast, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.definitions import Definition
from features.feature import Dimension, Feature, Kind

PREFIX = "attributes."


def attribute_definitions(rows: Sequence[Mapping[str, str]]) -> tuple[Definition, ...]:
    """Definitions from rows with ``name``, ``label``, ``kind`` and ``dimension``."""
    return tuple(_definition(row) for row in rows)


def _definition(row: Mapping[str, str]) -> Definition:
    name, kind = row["name"], Kind(row["kind"])
    feature = Feature(PREFIX + name, row["label"], Dimension(row["dimension"]), kind)
    return Definition(feature, lambda profile, activity: _value(profile, name, kind))


def _value(profile: FromClause, name: str, kind: Kind) -> ColumnElement[Any]:
    attributes = cast(profile.c.attributes, JSONB)
    value = attributes[name]
    words: ColumnElement[Any] = value.astext
    if kind is Kind.CATEGORICAL:
        return words
    wanted = "number" if kind is Kind.NUMERIC else "boolean"
    number = words if kind is Kind.NUMERIC else cast(cast(words, Boolean), Integer)
    return case((func.jsonb_typeof(value) == wanted, cast(number, Double)))
