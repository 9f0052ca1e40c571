"""Why this one, or why nobody, in a sentence for somebody new; names no person. Pure."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from features.how_many import how_many
from leadflow.assignment.choice.eligibility import Constraint, Masks
from leadflow.assignment.choice.strategies import StrategyName
from leadflow.assignment.snapshots import RepSnapshot

SHORT = {
    Constraint.INACTIVE: "inactive",
    Constraint.AWAY: "off today",
    Constraint.POOL: "outside the pool",
    Constraint.TERRITORY: "in other territories",
    Constraint.LANGUAGE: "without the language",
    Constraint.SKILL: "without the skill",
    Constraint.HOURS: "not at work now",
    Constraint.TURNED_DOWN: "had it before",
    Constraint.FULL: "full",
    Constraint.RESERVE: "in reserve",
}


def strengths(rep: RepSnapshot, wants: frozenset[str], areas: frozenset[str]) -> tuple[str, ...]:
    """What speaks for a salesperson with every lead that asks for these skills and is covered by
    these territories."""
    known = sorted(wants & rep.skills.keys(), key=lambda s: (-rep.skills[s], s))
    parts = [f"knows {skill} ({rep.skills[skill]} of 5)" for skill in known[:2]]
    covered = sorted(rep.territories & areas)
    if covered:
        parts.append(f"covers {covered[0]}")
    elif not rep.territories:
        parts.append("works everywhere")
    return tuple(parts)


def because(
    strong: Sequence[str], load: float, limit: float, strategy: StrategyName, first: float
) -> str:
    """What speaks for a salesperson with these ``strengths`` who has so many leads in work of at
    most so many; ``first``: the first part of their case."""
    parts = [*strong]
    if strategy == "round_robin":
        parts.append("is next in turn")
    if strategy in ("performance_weighted", "optimal"):
        parts.append(f"{first:.0%} chance together")
    now = round(load)
    if isfinite(limit):
        parts.append(f"{now} of {how_many(round(limit), 'lead')} in work")
    else:
        parts.append(f"{how_many(now, 'lead')} in work")
    sentence = ", ".join(parts)
    return sentence[0].upper() + sentence[1:]


def nobody(mask: Masks) -> str:
    """Why nobody can have a lead, by how many each constraint excludes."""
    counts = [
        f"{count} {short}"
        for constraint, short in SHORT.items()
        if (count := int(np.count_nonzero(mask & constraint)))
    ]
    return f"Nobody can take it: {', '.join(counts) or 'there are no salespeople'}."
