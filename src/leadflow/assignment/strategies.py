"""How one of the eligible salespeople is chosen: pure functions of values.

Each strategy gives every candidate parts between 0 and 1 and a total; the highest total gets the
lead, ties go to the lower id, so that the same question always has the same answer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from leadflow.assignment.eligibility import LeadFacts, RepFacts

BEST_SKILL = 5
CONDITIONS = 4


@dataclass(frozen=True)
class Standing:
    """An eligible rep with what this sweep has already given: leads in work, leads received."""

    rep: RepFacts
    load: int
    received: int


@dataclass(frozen=True)
class Candidate:
    """One rep's case for one lead."""

    rep_id: str
    total: float
    parts: dict[str, float]


@dataclass(frozen=True)
class HybridWeights:
    """What the hybrid strategy cares about; the weights add up to 1."""

    skill: float = 0.40
    territory: float = 0.20
    capacity: float = 0.25
    fairness: float = 0.15


Strategy = Callable[[LeadFacts, Sequence[Standing]], list[Candidate]]


def round_robin(lead: LeadFacts, standings: Sequence[Standing]) -> list[Candidate]:
    """Everyone in turn, by weight: whoever would be furthest behind their share gets the lead.

    total = −(received + 1) / weight: the rule of the highest next average (D'Hondt, 1882), as in
    apportioning seats. For equal weights nobody is ever more than one lead ahead, and since what
    was received is counted in the store, that holds across sweeps and restarts.
    """
    return _ranked(
        Candidate(
            standing.rep.rep_id,
            -(standing.received + 1) / standing.rep.weight,
            {"received": float(standing.received), "weight": standing.rep.weight},
        )
        for standing in standings
    )


def hybrid(
    lead: LeadFacts, standings: Sequence[Standing], weights: HybridWeights | None = None
) -> list[Candidate]:
    """A weighted sum of skill, territory, free capacity and fairness, each between 0 and 1.

    skill: mean level (of 5) in the skills asked for, unknown ones counting 0; 1 where none is.
    territory: share of the four possible conditions that the matching territory makes.
    capacity: share of the rep's capacity that is free.
    fairness: how far the rep is behind the one who has received most for their weight.
    """
    weights = weights or HybridWeights()
    most = max(((s.received + 1) / s.rep.weight for s in standings), default=1.0)

    def candidate(standing: Standing) -> Candidate:
        parts = {
            "skill": _skill(lead, standing.rep),
            "territory": _territory(lead, standing.rep),
            "capacity": 1.0 - standing.load / standing.rep.capacity,
            "fairness": 1.0 - (standing.received / standing.rep.weight) / most,
        }
        total = (
            weights.skill * parts["skill"]
            + weights.territory * parts["territory"]
            + weights.capacity * parts["capacity"]
            + weights.fairness * parts["fairness"]
        )
        return Candidate(standing.rep.rep_id, total, parts)

    return _ranked(candidate(standing) for standing in standings)


STRATEGIES: dict[str, Strategy] = {"round_robin": round_robin, "hybrid": hybrid}


class UnknownStrategy(ValueError):
    """There is no strategy of this name."""


def find_strategy(name: str) -> Strategy:
    """The strategy of this name.

    Raises:
        UnknownStrategy: names the ones there are.
    """
    try:
        return STRATEGIES[name]
    except KeyError:
        known = ", ".join(STRATEGIES)
        raise UnknownStrategy(f"There is no strategy {name}; choose one of: {known}.") from None


def _ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda c: (-c.total, c.rep_id))


def _skill(lead: LeadFacts, rep: RepFacts) -> float:
    if not lead.wants:
        return 1.0
    return sum(rep.skills.get(skill, 0) for skill in lead.wants) / (BEST_SKILL * len(lead.wants))


def _territory(lead: LeadFacts, rep: RepFacts) -> float:
    area = rep.territory_for(lead)
    return 0.0 if area is None else area.conditions / CONDITIONS
