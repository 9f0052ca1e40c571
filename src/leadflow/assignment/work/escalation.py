"""Leads nobody got in touch with in time: a reminder, then up the escalation path, step by step."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.assignment.locks import take_assignment_lock
from leadflow.assignment.notices import Notice, To, What, tell
from leadflow.assignment.routing.rulebook import rulebook
from leadflow.assignment.tables import Assignment, Rep, Team
from leadflow.assignment.team.cached_team import CachedTeam, read_cached_team
from leadflow.assignment.team.sla import working_minutes_after
from leadflow.assignment.work import escalation_path
from leadflow.assignment.work.handover import (
    Handing,
    RepFull,
    RepInactive,
    find_rep,
    hand_over,
    record_step,
)
from leadflow.assignment.work.next_best import NextBest
from leadflow.leads.tables import Lead
from leadflow.settings import Settings

BATCH = 200
ACTOR = "escalate_assignments"


@dataclass(frozen=True)
class Escalated:
    """What one batch came to; ``left`` had nowhere to go and stay where they are."""

    reminded: int
    escalated: int
    left: int

    @property
    def leads(self) -> int:
        return self.reminded + self.escalated + self.left


def escalate(session: Session, settings: Settings, now: datetime, limit: int = BATCH) -> Escalated:
    """Remind of, or pass on, up to ``limit`` leads whose time has come, the most overdue first.

    Leads that somebody works on at this moment are left to the next run; several runs at once share
    the work and do nothing twice.
    """
    leads = _held(session, now, limit)
    if not leads:
        return Escalated(0, 0, 0)
    take_assignment_lock(session)
    due = _due(session, leads, now)
    work = _Work(session, settings, [made.lead_id for made in due], now)
    done = [work.step(made) for made in due]
    tell(session, work.notices)
    return Escalated(done.count("reminded"), done.count("escalated"), done.count("left"))


def step_due(now: datetime) -> ColumnElement[bool]:
    """Of an assignment: whether it is time to remind of it, or to pass it on."""
    return and_(
        Assignment.next_step_at <= now,
        Assignment.ended_at.is_(None),
        Assignment.first_touch_at.is_(None),
    )


def _held(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """Leads that are due, held until the transaction ends, but for those that others hold."""
    due = (
        select(Assignment.lead_id)
        .where(step_due(now))
        .order_by(Assignment.next_step_at)
        .limit(limit)
    )
    ids = list(session.scalars(due))
    held = select(Lead.id).where(Lead.id.in_(ids)).order_by(Lead.id)
    return session.scalars(held.with_for_update(key_share=True, skip_locked=True)).all()


def _due(session: Session, leads: Sequence[str], now: datetime) -> Sequence[Assignment]:
    """Their assignments as they are now: somebody may have been quicker."""
    return session.scalars(
        select(Assignment)
        .where(Assignment.lead_id.in_(leads), step_due(now))
        .order_by(Assignment.next_step_at)
        .execution_options(populate_existing=True)
    ).all()


class _Work:
    """One batch with what all its leads need."""

    def __init__(
        self, session: Session, settings: Settings, leads: Sequence[str], now: datetime
    ) -> None:
        self.session, self.settings, self.now = session, settings, now
        self.present: CachedTeam = read_cached_team(session, settings, now)
        self.reps = {rep.rep_id: rep for rep in self.present.team.reps}
        self.loads = dict(self.present.loads)
        book = rulebook(session, settings)
        self.next_best = NextBest(session, book, self.present, leads, now)
        self.had_it = _holders(session, leads)
        self.chains = _chains(session)
        self.notices: list[Notice] = []

    def step(self, made: Assignment) -> str:
        """The next step of one lead: ``reminded``, ``escalated`` or ``left``."""
        due_later = made.due_at is not None and made.due_at > self.now
        place = escalation_path.place_of(made.escalation_step)
        at_the_end = place >= escalation_path.FALLBACK or self.reps[made.rep_id].is_fallback
        if due_later or (at_the_end and not escalation_path.is_reminded(made.escalation_step)):
            return self._remind(made)
        if at_the_end:
            return self._remind(made)
        for above in range(place + 1, escalation_path.FALLBACK + 1):
            if self._pass_on(made, above):
                return "escalated"
        made.next_step_at = self._later(made)
        record_step(self.session, made, "left", ACTOR, "Nobody in the chain can take it", self.now)
        return "left"

    def _remind(self, made: Assignment) -> str:
        made.escalation_step |= 1
        due_later = made.due_at is not None and made.due_at > self.now
        made.next_step_at = made.due_at if due_later else self._later(made)
        record_step(self.session, made, "reminded", ACTOR, None, self.now)
        self._tell(made, "reminded")
        return "reminded"

    def _pass_on(self, made: Assignment, above: int) -> bool:
        """Give the lead to who stands at this place, or write down why not."""
        had_it = self.had_it[made.lead_id]
        if above == escalation_path.NEXT_BEST:
            rep_id = self.next_best.choose(made.lead_id, made.rule_id, had_it)
        else:
            rep_id = self.chains[made.rep_id].at(above)
        why = escalation_path.passed_over(rep_id, self.reps, self.loads, had_it, self.now)
        if why is None and rep_id is not None:
            why = self._given(made, rep_id, above)
        if why is None:
            return True
        detail = {"place": escalation_path.NAMES[above], "rep": rep_id}
        record_step(self.session, made, "passed_over", ACTOR, why, self.now, detail)
        return False

    def _given(self, made: Assignment, rep_id: str, above: int) -> str | None:
        minutes = how_many(round(made.sla_minutes or 0), "working minute")
        how = Handing(
            source="escalation",
            by=ACTOR,
            reason=f"Nobody got in touch within {minutes}: {escalation_path.NAMES[above]}",
            ends="escalated",
            at=self.now,
            reminder_share=self.settings.assignment_reminder_share,
            step=2 * above,
        )
        try:
            given = hand_over(self.session, made.lead_id, find_rep(self.session, rep_id), how)
        except (RepFull, RepInactive):
            return "has no room"
        self.loads[rep_id] = self.loads.get(rep_id, 0) + 1
        self.had_it[made.lead_id] |= {rep_id}
        self._tell(given, "escalated")
        if self.chains[made.rep_id].team_lead != rep_id:
            self._tell(given, "escalated", made.rep_id, "team_lead")
        return None

    def _tell(
        self, made: Assignment, what: What, rep_id: str | None = None, to: To = "rep"
    ) -> None:
        occasion = f"{made.id}:{self.now.isoformat()}"
        self.notices.append(Notice(what, rep_id or made.rep_id, to, [made.lead_id], occasion))

    def _later(self, made: Assignment) -> datetime:
        calendar = self.reps[made.rep_id].calendar
        minutes = made.sla_minutes or 60.0
        return max(
            working_minutes_after(calendar, self.now, minutes), self.now + timedelta(minutes=1)
        )


def _holders(session: Session, leads: Sequence[str]) -> dict[str, frozenset[str]]:
    """Everybody who has or had each lead."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    statement = select(Assignment.lead_id, Assignment.rep_id).where(Assignment.lead_id.in_(leads))
    for lead_id, rep_id in session.execute(statement):
        found[lead_id] |= {rep_id}
    return found


def _chains(session: Session) -> Mapping[str, escalation_path.EscalationPath]:
    """Who stands above each salesperson."""
    fallback = session.scalars(select(Rep.id).where(Rep.is_fallback)).first()
    rows = session.execute(
        select(Rep.id, Team.lead_rep_id, Team.manager_rep_id).outerjoin(
            Team, Team.id == Rep.team_id
        )
    )
    return {
        rep: escalation_path.EscalationPath(lead, manager, fallback) for rep, lead, manager in rows
    }
