"""Conditions on all leads: a tree as an SQL expression over ``sources.lead_source``.

``evaluation`` says the same of one lead; a test over random rules and leads holds the two equal.
No expression made here is ever NULL, so that ``not`` means not.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    Text,
    and_,
    any_,
    case,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from leadflow.conditions.evaluation import NEGATIONS
from leadflow.conditions.fields import AsOf, as_of
from leadflow.conditions.tree import Check, Condition
from leadflow.conditions.values import CAPITALS, SMALL, ValueKind
from leadflow.rules.field_catalogue import CATALOGUE, family_of

Element = ColumnElement[Any]
_TYPES: dict[ValueKind | None, Any] = {
    ValueKind.NUMBER: Double,
    ValueKind.TEXT: Text,
    ValueKind.TEXTS: Text,
    ValueKind.BOOLEAN: Boolean,
    ValueKind.MOMENT: DateTime(timezone=True),
}


def compiled(condition: Condition, now: datetime | AsOf) -> ColumnElement[bool]:
    """The condition as SQL, true or false of every row of ``lead_source(now)``. ``now`` is
    aware."""
    return _tree(condition, as_of(now))


def _tree(condition: Condition, now: AsOf) -> ColumnElement[bool]:
    if isinstance(condition, Check):
        return _check(condition, now)
    members = [_tree(member, now) for member in condition.members]
    if condition.how == "all":
        return and_(*members)
    return or_(*members) if condition.how == "any" else not_(or_(*members))


def _check(check: Check, now: AsOf) -> ColumnElement[bool]:
    if check.kind is None:
        empty = _is_empty(check.field, now)
        return empty if (check.operator == "is_empty") == check.operand else not_(empty)
    known = _read(check.field, check.kind, now)
    if check.operator in NEGATIONS:
        said = _compare(NEGATIONS[check.operator], check, known, now)
        return func.coalesce(not_(said), true())
    return func.coalesce(_compare(check.operator, check, known, now), false())


def _read(field: str, kind: ValueKind, now: AsOf) -> Element:
    """The field as it is compared, NULL where it is missing or of another kind."""
    if (found := family_of(field)) is not None:
        known = found[0].expression(found[1], kind, now)
    else:
        known = CATALOGUE[field].expression(now)
    if kind is ValueKind.NUMBER:
        return func.nullif(known, literal(float("nan"), Double))
    return _fold(known) if kind is ValueKind.TEXT else known


def field_value(field: str, kind: ValueKind, now: datetime | AsOf) -> Element:
    """The field as it is, to be selected from the source; NULL where it is of another kind."""
    found = family_of(field)
    if found is not None:
        return found[0].expression(found[1], kind, as_of(now))
    return CATALOGUE[field].expression(as_of(now))


def _fold(text: Element) -> Element:
    """Latin letters small and every other character as it is, whatever the locale: what
    ``values.fold`` does."""
    # Most are of A to Z alone, and to look each up in a list of letters takes ten times as long.
    plain = func.octet_length(text) == func.length(text)
    small = func.lower(collate(text, "C"))
    return collate(case((plain, small), else_=func.translate(text, CAPITALS, SMALL)), "C")


def _is_empty(field: str, now: AsOf) -> ColumnElement[bool]:
    if (found := family_of(field)) is not None:
        return found[0].is_empty(found[1], now)
    known, kind = CATALOGUE[field].expression(now), CATALOGUE[field].kind
    if kind is ValueKind.TEXT:
        return func.coalesce(known == literal("", Text), true())
    if kind is ValueKind.TEXTS:
        return func.coalesce(func.cardinality(known) == 0, true())
    return known.is_(None)


def _compare(operator: str, check: Check, known: Element, now: AsOf) -> Element:
    """The comparison, NULL of a missing value."""
    operand: Any = check.operand
    if isinstance(operand, timedelta):
        return known.between(now - literal(operand), now)
    kind = _TYPES[check.kind]
    if operator == "in":
        return known == any_(literal(list(operand), ARRAY(kind)))
    if operator == "between":
        low, high = (literal(bound, kind) for bound in operand)
        return known.between(low, high)
    if check.kind is ValueKind.TEXTS:
        return _has_element(known, literal(operand, kind))
    return _COMPARISONS[operator](known, literal(operand, kind))


def _has_element(known: Element, wanted: Element) -> Element:
    element = func.unnest(known).column_valued("element")
    return select(true()).where(_fold(element) == wanted).exists()


_COMPARISONS: dict[str, Callable[[Element, Element], Element]] = {
    "equals": lambda known, operand: known == operand,
    "greater_than": lambda known, operand: known > operand,
    "greater_or_equal": lambda known, operand: known >= operand,
    "less_than": lambda known, operand: known < operand,
    "less_or_equal": lambda known, operand: known <= operand,
    # Neither knows wildcards, which LIKE would find in a value.
    "contains": lambda known, operand: func.strpos(known, operand) > 0,
    "starts_with": lambda known, operand: func.starts_with(known, operand),
}
