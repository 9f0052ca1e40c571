"""Leads and salespeople for tests of decisions, without a store."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.plan import (
    Chances,
    Choice,
    Group,
    Plan,
    Setting,
    State,
    score_alone,
)
from leadflow.assignment.choice.plan import standing as standing_of
from leadflow.assignment.choice.strategies import HybridWeights
from leadflow.assignment.snapshots import LeadSnapshot, RepSnapshot, TeamSnapshot

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def lead(number: int = 0, **facts: Any) -> LeadSnapshot:
    """A lead of the territory named by its region, who asks for nothing."""
    given: dict[str, Any] = {"country": "US", "region": "west", "probability": 0.2, "level": "hot"}
    return LeadSnapshot(lead_id=f"lead_{number:04d}", **(given | facts))


def rep(name: str, **facts: Any) -> RepSnapshot:
    """Somebody who works everywhere and may have ten leads."""
    return RepSnapshot(rep_id=name, **({"capacity": 10} | facts))


def own_region(lead: LeadSnapshot) -> frozenset[str]:
    """The territory that is called like the lead's region, and the overlay of large companies."""
    large = {"large"} if (lead.company_size or 0) >= 1000 else set()
    return frozenset({lead.region or "nowhere"} | large)


def plan(strategy: str = "round_robin", **actions: Any) -> Plan:
    """A rule's plan."""
    said = AssignActions(**actions)
    return Plan("rule", strategy, said, said.hybrid_weights(HybridWeights()))  # type: ignore[arg-type]


def setting(reps: Sequence[RepSnapshot], chances: Chances | None = None) -> Setting:
    """What a batch is decided within; by default the score alone says the probability."""
    return Setting(tuple(reps), frozenset({"large"}), own_region, chances or score_alone(reps))


def standing(reps: Sequence[RepSnapshot], newcomers: frozenset[str] = frozenset()) -> State:
    """How these stand before anything is handed out."""
    return standing_of(TeamSnapshot(1, tuple(reps)), newcomers)


def decided(
    leads: Sequence[LeadSnapshot],
    reps: Sequence[RepSnapshot],
    by: Plan | None = None,
    state: State | None = None,
    chances: Chances | None = None,
) -> list[Choice]:
    """The decisions about these leads among these people."""
    groups = [Group(by or plan(), leads)]
    return decide(groups, setting(reps, chances), state or standing(reps), NOW)


def owners(decisions: Sequence[Choice], reps: Sequence[RepSnapshot]) -> list[str | None]:
    """Who got each lead."""
    return [None if made.rep is None else reps[made.rep].rep_id for made in decisions]
