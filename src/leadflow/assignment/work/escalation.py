"""Leads nobody got in touch with in time: a reminder, then the next best, then offered above."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.assignment.locks import take_assignment_lock
from leadflow.assignment.notices import Gathered
from leadflow.assignment.offered import FALLBACK, NEXT_BEST, TEAM_LEAD, waits
from leadflow.assignment.routing.rulebook import rulebook
from leadflow.assignment.tables import Assignment, Rep, Team
from leadflow.assignment.team.cached_team import CachedTeam, read_cached_team
from leadflow.assignment.team.sla import working_minutes_after
from leadflow.assignment.work import escalation_path
from leadflow.assignment.work.clocks import settle_clocks, step_due
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
# Who stands above is told of the same lead again no sooner, in working minutes.
AGAIN_AFTER = 60.0


@dataclass(frozen=True)
class Escalated:
    """What one batch came to: ``escalated`` went to the next best, ``offered`` to somebody above,
    and ``left`` had nowhere to go; both stay where they are. ``later`` clocks were set later."""

    reminded: int
    escalated: int
    offered: int
    left: int
    later: int = 0

    @property
    def leads(self) -> int:
        return self.reminded + self.escalated + self.offered + self.left


def escalate(session: Session, settings: Settings, now: datetime, limit: int = BATCH) -> Escalated:
    """Take the next step with up to ``limit`` leads whose time has come, the most overdue first,
    after the clocks of leads that could not be worked yet have been set later.

    Leads that somebody works on at this moment are left to the next run; several runs at once share
    the work and do nothing twice.
    """
    if not session.scalar(select(exists().where(step_due(now)))):
        return Escalated(0, 0, 0, 0)
    # Before the leads' own locks, for which this never waits.
    take_assignment_lock(session)
    present = read_cached_team(session, settings, now)
    reps = {rep.rep_id: rep for rep in present.team.reps}
    later = settle_clocks(session, settings, reps, now)
    due = _due(session, _held(session, now, limit), now)
    work = _Work(session, settings, present, [made.lead_id for made in due], now)
    done = [work.step(made) for made in due]
    work.notices.tell(session)
    return Escalated(
        reminded=done.count("reminded"),
        escalated=done.count("escalated"),
        offered=done.count("offered"),
        left=done.count("left"),
        later=later,
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
        self,
        session: Session,
        settings: Settings,
        present: CachedTeam,
        leads: Sequence[str],
        now: datetime,
    ) -> None:
        self.session, self.settings, self.now = session, settings, now
        self.reps = {rep.rep_id: rep for rep in present.team.reps}
        self.loads = dict(present.loads)
        book = rulebook(session, settings)
        self.next_best = NextBest(session, book, present, leads, now)
        self.had_it = _holders(session, leads)
        self.behind = _behind(session, now)
        self.chains = _chains(session)
        self.notices = Gathered(now.isoformat())

    def step(self, made: Assignment) -> str:
        """The next step of one lead: ``reminded``, ``escalated``, ``offered`` or ``left``."""
        due_later = made.due_at is not None and made.due_at > self.now
        place = escalation_path.place_of(made.escalation_step)
        if due_later or self.reps[made.rep_id].is_fallback:
            return self._remind(made)
        if place < NEXT_BEST and self._pass_on(made):
            return "escalated"
        # Told up to the fallback owner, who is told again and again.
        first = min(max(place + 1, TEAM_LEAD), FALLBACK)
        for above in range(first, FALLBACK + 1):
            if self._offered(made, above):
                return "offered"
        made.next_step_at = self._later(made, AGAIN_AFTER)
        record_step(self.session, made, "left", ACTOR, "Nobody in the chain is there", self.now)
        return "left"

    def _remind(self, made: Assignment) -> str:
        made.escalation_step |= 1
        due_later = made.due_at is not None and made.due_at > self.now
        made.next_step_at = made.due_at if due_later else self._later(made, AGAIN_AFTER)
        record_step(self.session, made, "reminded", ACTOR, None, self.now)
        self.notices.add("reminded", made.rep_id, "rep", made.lead_id)
        return "reminded"

    def _pass_on(self, made: Assignment) -> bool:
        """Give the lead to the next best who keeps up with their own, or write down why not."""
        above = NEXT_BEST
        had_it = self.had_it[made.lead_id]
        rep_id = self.next_best.choose(made.lead_id, made.rule_id, had_it | self.behind)
        why = escalation_path.passed_over(rep_id, self.reps, had_it, self.now)
        if rep_id is not None and why is None:
            full = escalation_path.has_no_room(self.reps[rep_id], self.loads.get(rep_id, 0))
            why = "has no room" if full else self._given(made, rep_id)
        return why is None or self._passed_over(made, above, rep_id, why)

    def _given(self, made: Assignment, rep_id: str) -> str | None:
        how = Handing(
            source="escalation",
            by=ACTOR,
            reason=f"{self._nobody(made)}: {escalation_path.NAMES[NEXT_BEST]}",
            ends="escalated",
            at=self.now,
            reminder_share=self.settings.assignment_reminder_share,
            step=2 * NEXT_BEST,
        )
        try:
            given = hand_over(self.session, made.lead_id, find_rep(self.session, rep_id), how)
        except (RepFull, RepInactive):
            return "has no room"
        self.loads[rep_id] = self.loads.get(rep_id, 0) + 1
        self.had_it[made.lead_id] |= {rep_id}
        self.notices.add("escalated", given.rep_id, "rep", given.lead_id)
        if self.chains[made.rep_id].team_lead != rep_id:
            self.notices.add("escalated", made.rep_id, "team_lead", made.lead_id)
        return None

    def _offered(self, made: Assignment, above: int) -> bool:
        """Tell who stands at this place, who may take the lead; it stays where it is."""
        rep_id = self.chains[made.rep_id].at(above)
        had_it = self.had_it[made.lead_id]
        why = escalation_path.passed_over(rep_id, self.reps, had_it, self.now)
        if rep_id is None or why is not None:
            return self._passed_over(made, above, rep_id, why or "there is nobody")
        again = made.escalation_step == 2 * above
        made.escalation_step = 2 * above
        highest = above == FALLBACK
        made.next_step_at = self._later(made, AGAIN_AFTER if highest else made.sla_minutes)
        detail = {"to": rep_id, "place": escalation_path.NAMES[above], "again": again}
        record_step(self.session, made, "offered", ACTOR, self._nobody(made), self.now, detail)
        self.notices.add("offered", rep_id, "rep", made.lead_id)
        return True

    def _passed_over(self, made: Assignment, above: int, rep_id: str | None, why: str) -> bool:
        detail = {"place": escalation_path.NAMES[above], "rep": rep_id}
        record_step(self.session, made, "passed_over", ACTOR, why, self.now, detail)
        return False

    def _nobody(self, made: Assignment) -> str:
        minutes = how_many(round(made.sla_minutes or 0), "working minute")
        return f"Nobody got in touch within {minutes}"

    def _later(self, made: Assignment, minutes: float | None) -> datetime:
        calendar = self.reps[made.rep_id].calendar
        later = working_minutes_after(calendar, self.now, minutes or AGAIN_AFTER)
        return max(later, self.now + timedelta(minutes=1))


def _behind(session: Session, now: datetime) -> frozenset[str]:
    """Who is late with a lead of their own: no more are passed on to them."""
    late = select(Assignment.rep_id).where(waits(), Assignment.due_at <= now).distinct()
    return frozenset(session.scalars(late))


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
