"""Deciding a whole batch: best lead first, loads counted up as leads are given out. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leadflow.assignment.eligibility import LeadFacts, RepFacts, exclusion
from leadflow.assignment.strategies import Candidate, Standing, Strategy


@dataclass(frozen=True)
class Decision:
    """Who gets a lead and why; ``rep_id`` is None where nobody can."""

    lead_id: str
    rep_id: str | None
    reason: str
    trace: dict[str, Any]


def decide(
    leads: Sequence[LeadFacts], reps: Sequence[RepFacts], strategy: Strategy, name: str
) -> list[Decision]:
    """One decision a lead, in the order the leads come; no rep goes over their capacity."""
    load = {rep.rep_id: rep.load for rep in reps}
    received = {rep.rep_id: rep.received for rep in reps}
    by_id = {rep.rep_id: rep for rep in reps}
    decisions = []
    for lead in leads:
        excluded = {
            rep.rep_id: why
            for rep in reps
            if (why := exclusion(lead, rep, load[rep.rep_id])) is not None
        }
        standings = [
            Standing(rep, load[rep.rep_id], received[rep.rep_id])
            for rep in reps
            if rep.rep_id not in excluded
        ]
        ranked = strategy(lead, standings)
        decision = _decision(lead, ranked, excluded, by_id, load, name)
        decisions.append(decision)
        if decision.rep_id is not None:
            load[decision.rep_id] += 1
            received[decision.rep_id] += 1
    return decisions


def _decision(
    lead: LeadFacts,
    ranked: list[Candidate],
    excluded: dict[str, str],
    reps: dict[str, RepFacts],
    load: dict[str, int],
    strategy: str,
) -> Decision:
    trace = {
        "strategy": strategy,
        "candidates": [
            {
                "rep": candidate.rep_id,
                "total": round(candidate.total, 4),
                **{part: round(value, 4) for part, value in candidate.parts.items()},
            }
            for candidate in ranked
        ],
        "excluded": excluded,
    }
    if not ranked:
        counts = Counter(excluded.values())
        why = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        return Decision(lead.lead_id, None, f"Nobody can take it: {why or 'no reps'}.", trace)
    rep = reps[ranked[0].rep_id]
    return Decision(lead.lead_id, rep.rep_id, _reason(lead, rep, load[rep.rep_id]), trace)


def _reason(lead: LeadFacts, rep: RepFacts, load: int) -> str:
    """Why this one, in a sentence for somebody new; names no person."""
    known = sorted(lead.wants & rep.skills.keys(), key=lambda s: (-rep.skills[s], s))
    parts = [f"knows {skill} ({rep.skills[skill]} of 5)" for skill in known[:2]]
    area = rep.territory_for(lead)
    parts.append("works everywhere" if area is None else f"covers {area.name}")
    parts.append(f"{load} of {rep.capacity} leads in work")
    sentence = ", ".join(parts)
    return sentence[0].upper() + sentence[1:]
