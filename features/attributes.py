"""Features made of a company's own attributes: no code, only their definition."""

from collections.abc import Callable, Mapping, Sequence
from re import compile as pattern
from typing import Any, cast

from sqlalchemy import Double, Text, literal_column
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.attribute_values import as_category, as_days_since, as_number, as_truth, as_words
from features.definition import Definition
from features.feature import Dimension, Direction, Feature, FeatureKind

PREFIX = "attributes."
KINDS = ("numeric", "categorical", "boolean", "date", "text")
Row = Mapping[str, str | None]
_NAME = pattern(r"[a-z][a-z0-9_]{0,62}")


def attribute_definitions(rows: Sequence[Row]) -> tuple[Definition, ...]:
    """Definitions from rows with ``name``, ``label``, ``kind``, ``dimension``, ``use`` and
    ``direction`` (None: free).

    Free text (kind ``text``) has one only where ``use`` asks for it: ``words``, its length.

    Raises:
        ValueError: a name is not of small letters, digits and underscores.
    """
    return tuple(_definition(row) for row in rows if row["kind"] != "text" or row.get("use"))


def _definition(row: Row) -> Definition:
    name, kind = str(row["name"]), str(row["kind"])
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} cannot be the name of an attribute.")
    feature = Feature(
        PREFIX + name,
        str(row["label"]),
        Dimension(str(row["dimension"])),
        direction=cast(Direction, row.get("direction") or "free"),
        **_SAYS[kind](row),
    )
    return Definition(
        feature, lambda profile, activity: _value(profile, name, kind), moves=kind == "date"
    )


def _value(profile: FromClause, name: str, kind: str) -> ColumnElement[Any]:
    table = getattr(profile, "name", "profile")
    json, words = f"({table}.attributes -> '{name}')", f"({table}.attributes ->> '{name}')"
    if kind == "date":
        expression = as_days_since(json, words, f"{table}.as_of")
    else:
        expression = _READS[kind](json, words)
    return literal_column(expression, Text if kind == "categorical" else Double)


def _date_words(row: Row) -> dict[str, Any]:
    label = row["label"]
    return {
        "kind": FeatureKind.NUMERIC,
        "says": f"{label}: {{value}} days ago",
        "says_below": f"{label}: {{value}} days ahead",
        "says_for": {
            "0": f"{label}: today",
            "1": f"{label}: yesterday",
            "-1": f"{label}: tomorrow",
        },
    }


def _text_words(row: Row) -> dict[str, Any]:
    label = row["label"]
    return {
        "kind": FeatureKind.NUMERIC,
        "says": f"{label}: {{value}} words",
        "says_for": {"1": f"{label}: one word"},
        "missing": f"{label}: nothing written",
    }


_READS: dict[str, Callable[[str, str], str]] = {
    "numeric": as_number,
    "boolean": as_truth,
    "categorical": as_category,
    "text": as_words,
}
_SAYS: dict[str, Callable[[Row], dict[str, Any]]] = {
    **{kind.value: lambda row: {"kind": FeatureKind(str(row["kind"]))} for kind in FeatureKind},
    "date": _date_words,
    "text": _text_words,
}
