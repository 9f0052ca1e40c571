"""What conditions imply in the form that indexes serve.

``rules.compiling`` says exactly which leads a condition is true of, in expressions that no index
has. What is made here is true of all of those and of few others; both together are the answer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Double, Text, and_, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from leadflow.conditions.operators import Operand
from leadflow.conditions.tree import Check, Condition, Group
from leadflow.conditions.values import ValueKind
from leadflow.leads.attribute_fields import PREFIX
from leadflow.leads.search_indexes import ENUMERATED, LONGEST_FACET, attributes, facets
from leadflow.leads.tables import Lead

Clause = ColumnElement[bool]
# Whole numbers below are the same as doubles and as decimals.
EXACT = 2**53
SCORED = ("total_score", "level")
_LISTED = {"equals", "in", "contains"}
# Operators with a lowest value, and with a highest one.
_FROM = {"equals", "greater_than", "greater_or_equal"}
_UP_TO = {"equals", "less_than", "less_or_equal"}
_SOUGHT = {"equals", "in", "between", *_FROM, *_UP_TO}
# Makes a bound of a value, which is rounded away from what is sought.
Bound = Callable[[Any, Callable[[float], int]], ColumnElement[Any]]


@dataclass(frozen=True)
class ScoreColumns:
    """The columns that say the score that counts, among the leads that are looked at."""

    total: ColumnElement[float]
    level: ColumnElement[str]


def narrowed(condition: Condition, now: datetime, score: ScoreColumns | None) -> list[Clause]:
    """Clauses that hold of every lead that meets the condition; none where nothing is implied."""
    if isinstance(condition, Check):
        found = _of_check(condition, now, score)
        return [] if found is None else [found]
    if condition.how == "all":
        return [clause for member in condition.members for clause in narrowed(member, now, score)]
    if condition.how == "any":
        ways = [narrowed(member, now, score) for member in condition.members]
        return [or_(*(and_(*way) for way in ways))] if ways and all(ways) else []
    return []


def asks_for_scores(condition: Condition) -> bool:
    """Whether only leads with a score, of the model or a person, can meet a condition."""
    if isinstance(condition, Check):
        return condition.field in SCORED and condition.operator in _SOUGHT
    return isinstance(condition, Group) and (
        (condition.how == "all" and any(map(asks_for_scores, condition.members)))
        or (condition.how == "any" and all(map(asks_for_scores, condition.members)))
    )


def _of_check(check: Check, now: datetime, score: ScoreColumns | None) -> Clause | None:
    if check.kind is None:
        return None
    if check.field == "level" and score is not None and check.operator in ("equals", "in"):
        return or_(*(score.level == said for said in _several(check.operand)))
    if check.field in _RANGES or (check.field == "total_score" and score is not None):
        return _of_range(check, now, score)
    if check.operator not in _LISTED:
        return None
    if check.field.startswith(PREFIX):
        return _of_attributes(check)
    listed = check.field in ENUMERATED or check.kind is ValueKind.TEXTS
    return _of_facets(check) if listed else None


def _of_facets(check: Check) -> Clause | None:
    """One of the values is among the lead's ``name=value``; of a part of a text nothing is said."""
    if check.kind is ValueKind.TEXTS:
        said = [str(check.operand)[:LONGEST_FACET]]
    elif check.operator == "contains":
        return None
    else:
        values = map(_in_words, _several(check.operand))
        said = [f"{check.field}={value[:LONGEST_FACET]}" for value in values]
    return facets().op("&&", is_comparison=True)(literal(said, ARRAY(Text)))


def _of_attributes(check: Check) -> Clause | None:
    """One of the values is an attribute's."""
    values = list(_several(check.operand))
    exact = check.kind in (ValueKind.TEXT, ValueKind.BOOLEAN) or (
        check.kind is ValueKind.NUMBER and all(abs(value) < EXACT for value in values)
    )
    if not exact or check.operator == "contains":
        return None
    name = check.field.removeprefix(PREFIX)
    return or_(
        *(
            attributes().op("@>", is_comparison=True)(literal({name: value}, JSONB))
            for value in values
        )
    )


def _in_words(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of_range(check: Check, now: datetime, score: ScoreColumns | None) -> Clause | None:
    low, high = _bounds(check, now)
    column, made = (
        _RANGES[check.field] if check.field in _RANGES or score is None else (score.total, _double)
    )
    clauses = []
    if low is not None:
        clauses.append(column >= made(low, floor))
    if high is not None:
        clauses.append(column <= made(high, ceil))
    return and_(*clauses) if clauses else None


def _bounds(check: Check, now: datetime) -> tuple[Any, Any]:
    """The lowest and the highest value that meets a check; None where there is no such bound."""
    operand: Any = check.operand
    if isinstance(operand, timedelta):
        return now - operand, now
    if check.operator in ("between", "in"):
        return min(operand), max(operand)
    low = operand if check.operator in _FROM else None
    return low, operand if check.operator in _UP_TO else None


def _several(operand: Operand) -> Iterable[Any]:
    return operand if isinstance(operand, tuple) else (operand,)


def _whole(times: int) -> Bound:
    """A bound as whole numbers have it, one more on the far side, because a product is rounded, and
    within what PostgreSQL can write."""

    def made(bound: Any, rounded: Callable[[float], int]) -> ColumnElement[Any]:
        near = rounded(min(max(bound * times, -(2.0**62)), 2.0**62))
        return literal(near - 1 if rounded is floor else near + 1, BigInteger)

    return made


def _double(bound: Any, _: Callable[[float], int]) -> ColumnElement[Any]:
    return literal(bound, Double)


def _moment(bound: Any, _: Callable[[float], int]) -> ColumnElement[Any]:
    return literal(bound, DateTime(timezone=True))


_RANGES: dict[str, tuple[Any, Bound]] = {
    "company_size": (Lead.company_size, _whole(1)),
    "budget": (Lead.budget_minor, _whole(100)),
    "created_at": (Lead.created_at, _moment),
}
