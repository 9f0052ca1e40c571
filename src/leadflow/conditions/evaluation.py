"""Conditions on one lead: a tree, what is known of the lead, and a moment give true or false.

``compiling`` says the same in SQL; a test over random rules and leads holds the two equal.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from leadflow.conditions.operators import Operand
from leadflow.conditions.tree import Check, Condition, How
from leadflow.conditions.values import is_empty, read

_GROUPS: dict[How, Callable[[Iterable[bool]], bool]] = {
    "all": all,
    "any": any,
    "none": lambda results: not any(results),
}
# What these say of a missing value is true; every other comparison with one is false.
NEGATIONS = {"not_equals": "equals", "not_in": "in"}


def holds(condition: Condition, values: Mapping[str, Any], now: datetime) -> bool:
    """Whether a condition holds of a lead with these values by field name.

    A field that is not among the values is missing; so is one whose value is of another kind than
    the condition's. ``now`` is aware.
    """
    if isinstance(condition, Check):
        return _check(condition, values.get(condition.field), now)
    return _GROUPS[condition.how](holds(member, values, now) for member in condition.members)


def _check(check: Check, value: Any, now: datetime) -> bool:
    if check.kind is None:
        return is_empty(value) == ((check.operator == "is_empty") == check.operand)
    known = read(check.kind, value)
    if check.operator in NEGATIONS:
        name = NEGATIONS[check.operator]
        return known is None or not _COMPARISONS[name](known, check.operand, now)
    return known is not None and _COMPARISONS[check.operator](known, check.operand, now)


def _within_last(known: Any, operand: Operand, now: datetime) -> bool:
    return isinstance(operand, timedelta) and now - operand <= known <= now


_COMPARISONS: dict[str, Callable[[Any, Any, datetime], bool]] = {
    "equals": lambda known, operand, now: known == operand,
    "greater_than": lambda known, operand, now: known > operand,
    "greater_or_equal": lambda known, operand, now: known >= operand,
    "less_than": lambda known, operand, now: known < operand,
    "less_or_equal": lambda known, operand, now: known <= operand,
    "between": lambda known, operand, now: operand[0] <= known <= operand[1],
    "in": lambda known, operand, now: known in operand,
    # Of a text a part, of a list an element: Python's word for both.
    "contains": lambda known, operand, now: operand in known,
    "starts_with": lambda known, operand, now: known.startswith(operand),
    "within_last": _within_last,
}
