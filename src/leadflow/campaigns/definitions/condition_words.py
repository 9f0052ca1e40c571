"""Conditions in a few words, for pictures and tables. Pure."""

from datetime import datetime, timedelta

from leadflow.conditions.operators import Operand
from leadflow.conditions.tree import Check, Condition, Group

MOST_VALUES = 3
OPERATORS = {
    "equals": "is",
    "not_equals": "is not",
    "greater_than": "above",
    "greater_or_equal": "at least",
    "less_than": "below",
    "less_or_equal": "at most",
    "between": "from",
    "in": "is",
    "not_in": "is not",
    "contains": "contains",
    "starts_with": "begins with",
    "within_last": "within the last",
}
JOINED = {"all": " and ", "any": " or ", "none": " or "}


def condition_words(condition: Condition | None) -> str:
    """``level is hot and score at least 70``; of a case without conditions: ``else``."""
    if condition is None:
        return "else"
    if isinstance(condition, Check):
        return _check(condition)
    if len(condition.members) == 1 and condition.how != "none":
        return condition_words(condition.members[0])
    members = [
        f"({condition_words(one)})"
        if isinstance(one, Group) and len(one.members) > 1
        else condition_words(one)
        for one in condition.members
    ]
    words = JOINED[condition.how].join(members)
    return f"not: {words}" if condition.how == "none" else words


def _check(check: Check) -> str:
    field = check.field.removeprefix("attributes.").replace("_", " ").replace(".", " ")
    if check.operator in ("exists", "is_empty"):
        known = (check.operator == "exists") == check.operand
        return f"{field} {'known' if known else 'not known'}"
    if check.operator == "between" and isinstance(check.operand, tuple):
        low, high = (_value(one) for one in check.operand)
        return f"{field} {low} to {high}"
    if check.operator == "equals" and isinstance(check.operand, bool):
        return field if check.operand else f"not {field}"
    return f"{field} {OPERATORS[check.operator]} {_value(check.operand)}"


def _value(value: Operand) -> str:
    if isinstance(value, tuple):
        shown = [_value(one) for one in value[:MOST_VALUES]]
        return " or ".join([*shown, *(["…"] if len(value) > MOST_VALUES else [])])
    if isinstance(value, timedelta):
        hours = value.total_seconds() / 3600
        return f"{hours / 24:g} d" if hours >= 48 else f"{hours:g} h"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:,.10g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
