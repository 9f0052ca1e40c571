"""The sweep: every lead that a rule gives to a salesperson and that has none gets one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.fit_known import by_what_is_known
from leadflow.assignment.choice.plan import Choice, Group
from leadflow.assignment.locks import take_assignment_lock
from leadflow.assignment.routing.audit_entries import audit_given
from leadflow.assignment.routing.batch_writer import Batch, write_batch
from leadflow.assignment.routing.ends import end_closed
from leadflow.assignment.routing.open_leads import due_groups, due_leads, listed_in_vain
from leadflow.assignment.routing.refusals import turned_down
from leadflow.assignment.routing.reopening import reopen_by_rules, reopening_is_due
from leadflow.assignment.routing.rulebook import Rulebook, rulebook
from leadflow.assignment.routing.turn_ledger import read_ledger, write_ledger
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.cached_team import CachedTeam, read_cached_team
from leadflow.audit import service as audit
from leadflow.leads.tables import Outcome
from leadflow.settings import Settings


@dataclass(frozen=True)
class SweepResult:
    """What one call did. ``rows`` name leads and reps by id only, with the reason."""

    at: datetime
    assigned: int
    unroutable: int
    rows: list[dict[str, Any]]

    @property
    def leads(self) -> int:
        return self.assigned + self.unroutable


def sweep(
    session: Session,
    settings: Settings,
    strategy: str | None,
    now: datetime,
    limit: int | None = None,
    started_at: datetime | None = None,
    retry: bool = True,
) -> SweepResult:
    """Assign up to ``limit`` (the setting's) open, unassigned leads that meet a rule; where a
    person has overridden a score, theirs counts. ``strategy`` is taken where a rule names none; if
    that is ``automatic``, optimal where outcomes are enough to know whom a lead fits, else hybrid.

    One sweep may take several calls: leads that found nobody since ``started_at`` are not tried
    again, and without ``retry`` none that is on the list of those; those that need nobody any more
    are taken off it. Where there is no salesperson at
    all, leads are left as they are. Everything that hands leads out takes turns, by a lock that
    ends with the transaction.

    Raises:
        UnknownStrategy: there is no such strategy.
    """
    book = rulebook(session, settings, strategy)
    reopen_by_rules(session, now)
    take_assignment_lock(session)
    end_closed(session, now)
    session.execute(delete(UnroutableLead).where(listed_in_vain(book, now)))
    present = read_cached_team(session, settings, now)
    if not present.team.reps:
        return SweepResult(now, 0, 0, [])
    tried_before = (started_at or now) if retry else None
    most = limit or settings.assignment_batch
    groups = due_groups(session, book, present.skills, now, most, tried_before)
    decisions = assign(session, settings, book, present, groups, now, "sweep", "assign_leads")
    result = _result(decisions, present, now)
    if decisions:
        _record(session, book, result, now)
    return result


def sweep_is_due(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether a sweep would find a lead to hand out, or an assignment to end, or one to take off
    the list of leads that nobody can take."""
    book = rulebook(session, settings)
    due = due_leads(book, now, 1, now).order_by(None).subquery()
    somebody = exists().select_from(Rep)
    closed = exists().where(Assignment.ended_at.is_(None), Outcome.lead_id == Assignment.lead_id)
    in_vain = exists().where(listed_in_vain(book, now)).select_from(UnroutableLead)
    wanted = or_(and_(somebody, exists().select_from(due)), closed, in_vain)
    return bool(session.scalar(select(wanted))) or reopening_is_due(session, now)


def assign(
    session: Session,
    settings: Settings,
    book: Rulebook,
    present: CachedTeam,
    groups: Sequence[Group],
    now: datetime,
    source: str,
    by: str,
) -> list[Choice]:
    """Decide these leads among who is present, and write it; the assignment lock is held."""
    leads = [lead.lead_id for group in groups for lead in group.leads]
    if not leads:
        return []
    groups, why = by_what_is_known(groups, present.fit)
    state = present.state()
    read_ledger(session, present.team, state)
    batch = Batch(
        source=source,
        by=by,
        at=now,
        team=present.team,
        rules_version=book.version,
        reminder_share=settings.assignment_reminder_share,
        minutes_each=settings.minutes_each,
        strategy_why=why,
    )
    refused = turned_down(session, leads)
    decisions = decide(groups, present.setting, state, now, refused)
    write_batch(session, batch, decisions)
    write_ledger(session, present.team, state)
    audit_given(session, batch, decisions)
    return decisions


def _result(decisions: Sequence[Choice], present: CachedTeam, now: datetime) -> SweepResult:
    reps = present.team.reps
    rows = [
        {
            "lead": made.lead.lead_id,
            "rep": "nobody" if made.rep is None else reps[made.rep].rep_id,
            "rule": made.plan.rule_id or "default",
            "why": made.reason,
        }
        for made in decisions
    ]
    given = sum(made.rep is not None for made in decisions)
    return SweepResult(now, given, len(decisions) - given, rows)


def _record(session: Session, book: Rulebook, result: SweepResult, now: datetime) -> None:
    """Tell the audit log, in figures."""
    detail = {
        "rules_version": book.version,
        "assigned": result.assigned,
        "unroutable": result.unroutable,
        "per_rep": dict(Counter(row["rep"] for row in result.rows)),
        "per_rule": dict(Counter(row["rule"] for row in result.rows)),
    }
    audit.record(session, "assign_leads", "leads.assigned", f"sweep/{now.isoformat()}", detail)
