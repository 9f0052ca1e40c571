"""The escalation path of a lead whose salesperson does not get in touch. Pure.

Places in the chain: 0 whoever had it first, 1 the next best, who gets it; then 2 the team's lead, 3
the manager, 4 the fallback owner, to whom it is offered: it stays where it is until one of them
takes it, or gives it to somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leadflow.assignment.offered import FALLBACK, MANAGER, NEXT_BEST, TEAM_LEAD
from leadflow.assignment.snapshots import RepSnapshot

NAMES = {NEXT_BEST: "next best", TEAM_LEAD: "team lead", MANAGER: "manager", FALLBACK: "fallback"}


@dataclass(frozen=True)
class EscalationPath:
    """The people above a salesperson: ids, where there are any."""

    team_lead: str | None
    manager: str | None
    fallback: str | None

    def at(self, place: int) -> str | None:
        """Who stands at a place above the next best."""
        return {TEAM_LEAD: self.team_lead, MANAGER: self.manager, FALLBACK: self.fallback}[place]


def place_of(escalation_step: int) -> int:
    """Where in the chain a lead is."""
    return escalation_step // 2


def is_reminded(escalation_step: int) -> bool:
    """Whether whoever has it was reminded."""
    return escalation_step % 2 == 1


def passed_over(
    rep_id: str | None,
    reps: Mapping[str, RepSnapshot],
    had_it: frozenset[str],
    now: datetime,
) -> str | None:
    """Why somebody in the chain is passed over, in words; None where they come next."""
    if rep_id is None or rep_id not in reps:
        return "there is nobody"
    rep = reps[rep_id]
    if rep_id in had_it:
        return "had it already"
    if rep.is_fallback:
        return None
    if not rep.active:
        return "is not active"
    if rep.calendar is not None and rep.calendar.away(now):
        return "has the day off"
    return None


def has_no_room(rep: RepSnapshot, load: int) -> bool:
    """Whether somebody has as many leads in work as they may have."""
    return rep.limit is not None and load >= rep.limit
