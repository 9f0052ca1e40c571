"""The next best salesperson: the decision about a lead repeated without those who had it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.plan import Group, Plan, State
from leadflow.assignment.routing.open_leads import lead_columns, lead_snapshot
from leadflow.assignment.routing.rulebook import Rulebook
from leadflow.assignment.snapshots import LeadSnapshot
from leadflow.assignment.team.cached_team import CachedTeam
from leadflow.leads.tables import Lead
from leadflow.rules.service import lead_source


class NextBest:
    """The next best of several leads, one after another: loads are counted up as they are given."""

    def __init__(
        self,
        session: Session,
        book: Rulebook,
        present: CachedTeam,
        lead_ids: Sequence[str],
        now: datetime,
    ) -> None:
        rows = session.execute(
            select(*lead_columns()).select_from(lead_source(now)).where(Lead.id.in_(lead_ids))
        )
        self._facts: dict[str, LeadSnapshot] = {
            row.id: lead_snapshot(row._mapping, present.skills, 1.0) for row in rows
        }
        self._book, self._present, self._now = book, present, now
        self.state: State = present.state()

    def choose(self, lead_id: str, rule_id: str | None, had_it: frozenset[str]) -> str | None:
        """Who is at work now and best by the lead's own rule; else who is best at any hour; None
        where nobody can have it."""
        known = self._book.plan(rule_id) or Plan(None, "hybrid", AssignActions())
        facts = self._facts.get(lead_id)
        if facts is None:
            return None
        for at_work in (True, False):
            actions = known.actions.model_copy(update={"at_work": at_work})
            groups = [Group(replace(known, actions=actions, strategy="hybrid"), [facts])]
            (made,) = decide(
                groups, self._present.setting, self.state, self._now, {lead_id: had_it}
            )
            if made.rep is not None:
                return self._present.team.reps[made.rep].rep_id
        return None
