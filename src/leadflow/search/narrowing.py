"""What conditions imply in the form that indexes serve.

``rules.compiling`` says exactly which leads a condition is true of, in expressions that no index
has. What is made here is true of all of those and of few others, or of none; together with what is
left of the condition it is the answer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array

from leadflow.conditions.operators import Operand
from leadflow.conditions.tree import Check, Condition, Group
from leadflow.conditions.values import ValueKind
from leadflow.follow_ups.tables import LeadTag
from leadflow.leads.attribute_fields import PREFIX
from leadflow.leads.finding.search_indexes import ENUMERATED, LONGEST_FACET, facets
from leadflow.leads.tables import Lead

Clause = ColumnElement[bool]
SCORED = ("total_score", "level")
ASKED_FOR, TAGS = "service_requirements", "tags"
_LISTED = {"equals", "in", "contains"}
# Operators with a lowest value, and with a highest one.
_FROM = {"equals", "greater_than", "greater_or_equal"}
_UP_TO = {"equals", "less_than", "less_or_equal"}
_SOUGHT = {"equals", "in", "between", *_FROM, *_UP_TO}
_INCLUSIVE = {"equals", "greater_or_equal", "less_or_equal", "between", "within_last"}
# Makes a bound of a value, which is rounded away from what is sought.
Bound = Callable[[Any, Callable[[float], int]], ColumnElement[Any]]


@dataclass(frozen=True)
class ScoreColumns:
    """The columns that say the score that counts, among the leads that are looked at."""

    total: ColumnElement[float]
    level: ColumnElement[str]


@dataclass(frozen=True)
class Narrowed:
    """What a condition is in the form that indexes serve: clauses that hold of every lead that
    meets it; ``nearly``, what they say of it and not exactly; and the ``rest``, of which they say
    nothing."""

    clauses: tuple[Clause, ...] = ()
    nearly: tuple[Condition, ...] = ()
    rest: tuple[Condition, ...] = ()

    def exactly(self, compiled: Callable[[Condition], Clause]) -> list[Clause]:
        """The condition. How many leads meet what the clauses nearly say is guessed by them: what
        says it exactly is put so that PostgreSQL takes it to be true of almost all."""
        sure = [func.nullif(compiled(one), false()).is_not(None) for one in self.nearly]
        return [*self.clauses, *sure, *map(compiled, self.rest)]


def narrowed(condition: Condition, now: datetime, score: ScoreColumns | None) -> Narrowed:
    """A condition in the form that indexes serve, as far as there is one."""
    if isinstance(condition, Check):
        found = _of_check(condition, now, score)
        if found is None:
            return Narrowed(rest=(condition,))
        return Narrowed((found,), () if _is_exact(condition) else (condition,))
    ways = [narrowed(member, now, score) for member in condition.members]
    if condition.how == "all":
        return Narrowed(
            tuple(clause for way in ways for clause in way.clauses),
            tuple(one for way in ways for one in way.nearly),
            tuple(one for way in ways for one in way.rest),
        )
    if condition.how == "any" and all(way.clauses for way in ways):
        either = or_(*(and_(*way.clauses) for way in ways))
        left = any(way.nearly or way.rest for way in ways)
        return Narrowed((either,), (condition,) if left else ())
    return Narrowed(rest=(condition,))


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
    if check.field == TAGS and check.operator == "contains":
        return Lead.id.in_(select(LeadTag.lead_id).where(LeadTag.tag == str(check.operand)))
    listed = check.field in (*ENUMERATED, ASKED_FOR) or check.field.startswith(PREFIX)
    return _of_facets(check) if listed and check.operator in _LISTED else None


def _is_exact(check: Check) -> bool:
    """Whether what is made of a check is true of no other leads."""
    if check.field in ("level", TAGS):
        return True
    if check.field in ("created_at", "total_score"):
        return check.operator in _INCLUSIVE
    # Where rows are walked along, it is quicker to look at a column than to make facets of all.
    return False


def _of_facets(check: Check) -> Clause | None:
    """One of the values is among the lead's ``name=value``; of a part of a text nothing is said."""
    asked_for = check.field == ASKED_FOR
    if check.kind is ValueKind.MOMENT or (check.operator == "contains" and not asked_for):
        return None
    name = "" if asked_for else check.field
    said = [literal(f"{name}=", Text).concat(_in_words(one)) for one in _several(check.operand)]
    return facets().op("&&", is_comparison=True)(cast(array(said), ARRAY(Text)))


def _in_words(value: Any) -> ColumnElement[str]:
    """A value as ``lead_facets`` writes it."""
    if isinstance(value, float):
        return cast(literal(value, Double), Text)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return literal(text[:LONGEST_FACET], Text)


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
