"""Why this one, or why nobody, in a sentence for somebody new; names no person. Pure."""

import numpy as np

from features.how_many import how_many
from leadflow.assignment.choice.eligibility import Constraint, Masks
from leadflow.assignment.choice.plan import Setting, State
from leadflow.assignment.choice.strategies import StrategyName
from leadflow.assignment.snapshots import LeadSnapshot

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


def because(
    lead: LeadSnapshot,
    setting: Setting,
    place: int,
    state: State,
    strategy: StrategyName,
    first: float,
) -> str:
    """What speaks for the salesperson at ``place``; ``first``: the first part of their case."""
    rep = setting.reps[place]
    known = sorted(lead.wants & rep.skills.keys(), key=lambda s: (-rep.skills[s], s))
    parts = [f"knows {skill} ({rep.skills[skill]} of 5)" for skill in known[:2]]
    areas = sorted(rep.territories & setting.covering(lead)) if rep.territories else []
    if areas:
        parts.append(f"covers {areas[0]}")
    elif not rep.territories:
        parts.append("works everywhere")
    if strategy == "round_robin":
        parts.append("is next in turn")
    if strategy in ("performance_weighted", "optimal"):
        parts.append(f"{first:.0%} chance together")
    limit = state.limit[place]
    load = round(float(state.load[place]))
    if np.isfinite(limit):
        parts.append(f"{load} of {how_many(round(float(limit)), 'lead')} in work")
    else:
        parts.append(f"{how_many(load, 'lead')} in work")
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
