"""Rules that feed each other: circles that would never end are found before they are stored.

A rule leads to another where one of its actions causes what the other acts on; what came of a
rule's own action does not set it off again. Around a circle of such rules the fields that their
actions set are known, and all others stay as they are. Where each rule's conditions hold in its
turn, and each action changes something, round after round, the circle never ends. Where that
depends on a value that nobody can tell before (a score, an owner), the circle is let through: how
often a rule acts for one lead in a day is bounded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from leadflow.conditions.evaluation import holds
from leadflow.conditions.rule_actions import GONE, UNKNOWN, member
from leadflow.conditions.tree import Check, Condition

# What has just happened is another thing each time.
OF_EVENT = "event."
# Circles of more rules, or beyond so many, are left to the bound of each day.
LONGEST, MOST = 6, 20_000


@dataclass(frozen=True)
class Step:
    """A rule as a part of a circle: what it acts on, when, what it causes and sets. ``sure``: the
    types that it causes whenever it acts, whether or not it changes a field; ``tells``: the values
    that fields of the events may have that it causes."""

    rule_id: str
    on: frozenset[str]
    conditions: Condition
    causes: frozenset[str]
    sets: Mapping[str, Any]
    sure: frozenset[str] = frozenset()
    tells: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def endless(steps: Sequence[Step], now: datetime) -> list[str] | None:
    """The rules of a circle that would never end, in their order; None where there is none."""
    for circle in _circles(steps):
        if _never_ends(circle, now):
            return [step.rule_id for step in circle]
    return None


def _circles(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Every circle once, from its first rule on."""
    follows = {
        place: [other for other, after in enumerate(steps) if step.causes & after.on]
        for place, step in enumerate(steps)
    }
    seen = 0
    for start in range(len(steps)):
        waiting = [[start]]
        while waiting:
            path = waiting.pop()
            seen += 1
            if seen > MOST:
                return
            for after in follows[path[-1]]:
                if after == start and len(path) > 1:
                    yield [steps[place] for place in path]
                elif after > start and after not in path and len(path) < LONGEST:
                    waiting.append([*path, after])


def _never_ends(circle: Sequence[Step], now: datetime) -> bool:
    """Whether the second round goes like the first: what the first has set is known then."""
    known: dict[str, Any] = {}
    changed = {name for step in circle for name in step.sets}
    for round_ in (1, 2):
        for place, step in enumerate(circle):
            after, before = circle[(place + 1) % len(circle)], circle[place - 1]
            if not _holds_on(step.conditions, _Known(known, changed, before.tells, now)):
                return False
            moved = any(
                value is not UNKNOWN and value is not GONE and known.get(name, _NOTHING) != value
                for name, value in step.sets.items()
            )
            known |= step.sets
            if round_ == 2 and not moved and not step.sure & after.on:
                return False
    return True


_NOTHING = object()
# What becomes of a condition from one round to the next: it holds, it does not, it is what it was,
# or nobody can tell.
Told = Literal["true", "false", "same", "unsure"]


@dataclass(frozen=True)
class _Known:
    """What is known as a rule of a circle is looked at: the fields that have been set, those that
    any rule of it changes, and what the event is that the rule before has caused."""

    fields: Mapping[str, Any]
    changed: set[str]
    event: Mapping[str, Sequence[Any]]
    now: datetime


def _holds_on(condition: Condition, known: _Known) -> bool:
    """Whether the condition of a rule that acted once surely holds again."""
    return _told(condition, known) in ("true", "same")


def _told(condition: Condition, known: _Known) -> Told:
    if isinstance(condition, Check):
        return _told_of_field(condition, known)
    parts = {_told(part, known) for part in condition.members}
    if condition.how == "none":
        parts = {_OPPOSITE[part] for part in parts}
    if condition.how == "any":
        if "true" in parts:
            return "true"
        # That it held may have been because of a part that does not hold any more.
        return next(iter(parts)) if len(parts) == 1 else "unsure"
    return next((part for part in _WEAKEST if part in parts), "true")


_OPPOSITE: dict[Told, Told] = {
    "true": "false",
    "false": "true",
    "same": "same",
    "unsure": "unsure",
}
_WEAKEST: tuple[Told, ...] = ("false", "unsure", "same")


def _told_of_field(check: Check, known: _Known) -> Told:
    name = check.field
    if name.startswith(OF_EVENT):
        values = known.event.get(name)
        if values is None:
            return "unsure"
        return "true" if any(holds(check, {name: one}, known.now) for one in values) else "false"
    if check.operator == "contains" and isinstance(check.operand, str):
        of_member = _told_of_member(member(name, check.operand), known)
        if of_member is not None:
            return of_member
    if name not in known.changed or name not in known.fields:
        return "same"
    if known.fields[name] is UNKNOWN:
        return "unsure"
    return "true" if holds(check, known.fields, known.now) else "false"


def _told_of_member(name: str, known: _Known) -> Told | None:
    """Of one value of a field of many; None where no rule sets the members of this field."""
    if name in known.fields:
        return "true" if known.fields[name] is True else "false"
    of_field = name.partition(":")[0] + ":"
    touched = any(one.startswith(of_field) for one in known.changed)
    return "same" if touched else None
