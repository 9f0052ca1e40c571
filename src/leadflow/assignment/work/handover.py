"""The one place where a lead passes from hand to hand by a person's word or an escalation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.assignment.locks import take_assignment_lock
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, AssignmentStep, Rep
from leadflow.assignment.team.calendar import calendar_of
from leadflow.assignment.team.sla import first_times
from leadflow.assignment.team.store import RepNotFound
from leadflow.leads.service import lock_lead
from leadflow.scoring.tables import LeadScore

CAPACITY = "rep_capacity"
PERSON, BY_HAND = "person", "Given by a person"
# What the step that is written down is called, by where the handover comes from.
STEPS = {PERSON: "reassigned", "escalation": "escalated", "offer": "taken"}


class NotAssigned(LookupError):
    """Nobody has the lead."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"Nobody has {lead_id}; there is nothing to be done with its assignment.")


class AssignmentChanged(RuntimeError):
    """Somebody else has the lead than the caller believes."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(
            f"{lead_id} has passed to somebody else meanwhile. Read it again: "
            f"GET /leads/{lead_id}/assignment"
        )


class RepFull(RuntimeError):
    """The salesperson has as many leads in work as the capacity allows."""

    def __init__(self, rep_id: str) -> None:
        super().__init__(
            f"{rep_id} has as many leads in work as their capacity. Choose somebody else, end one "
            "of their leads, or raise the capacity (PATCH /reps/ID)."
        )


class RepInactive(RuntimeError):
    """The salesperson is not active."""

    def __init__(self, rep_id: str) -> None:
        super().__init__(f"{rep_id} is not active and takes no leads. Choose somebody else.")


@dataclass(frozen=True)
class Handing:
    """How a lead passes on: ``source`` is ``person``, ``escalation`` or ``offer`` (whoever it was
    offered to takes it), ``by`` who says so and ``reason`` why, in a person's words where it is
    one; ``ends`` is what becomes of the assignment before. Empty ``sla_minutes``: as it was before.
    ``step``: place in the escalation chain."""

    source: str
    by: str
    reason: str
    ends: str
    at: datetime
    reminder_share: float
    sla_minutes: float | None = None
    step: int = 0


def find_rep(session: Session, named: str) -> Rep:
    """The salesperson of this id, ours or the company's.

    Raises:
        RepNotFound: there is none.
    """
    found = session.scalars(
        select(Rep).where((Rep.id == named) | (Rep.external_id == named))
    ).first()
    if found is None:
        raise RepNotFound(named)
    return found


def current_assignment(session: Session, lead_id: str) -> Assignment | None:
    """The assignment that is active, read anew."""
    statement = select(Assignment).where(
        Assignment.lead_id == lead_id, Assignment.ended_at.is_(None)
    )
    return session.scalars(statement.execution_options(populate_existing=True)).first()


def held(session: Session, lead_id: str, believed: str | None = None) -> Assignment:
    """Hold the lead and its active assignment until the transaction ends. ``believed``: who has it
    as far as the caller knows.

    Raises:
        LeadNotFound: there is no such lead.
        NotAssigned: nobody has it.
        AssignmentChanged: somebody else has it.
    """
    lock_lead(session, lead_id)
    made = current_assignment(session, lead_id)
    if made is None:
        raise NotAssigned(lead_id)
    if believed is not None and find_rep(session, believed).id != made.rep_id:
        raise AssignmentChanged(lead_id)
    return made


def end(session: Session, made: Assignment, reason: str, now: datetime) -> None:
    """End an assignment; the lead is nobody's."""
    made.ended_at, made.end_reason = max(now, made.assigned_at), reason
    made.next_step_at = None
    session.flush()


def hand_over(session: Session, lead_id: str, rep: Rep, how: Handing) -> Assignment:
    """Give a lead to a salesperson, whoever had it before; the caller holds the lead.

    Raises:
        RepInactive: they take no leads.
        RepFull: they have no room; nothing has changed.
    """
    if not rep.active:
        raise RepInactive(rep.external_id)
    take_assignment_lock(session)
    before = current_assignment(session, lead_id)
    made = _opened(session, lead_id, rep, before, how)
    try:
        with session.begin_nested():
            if before is not None:
                end(session, before, how.ends, how.at)
            session.add(made)
            session.flush()
    except IntegrityError as error:
        if CAPACITY in str(error.orig) or "as many leads in work" in str(error.orig):
            raise RepFull(rep.external_id) from error
        raise
    listed = session.get(UnroutableLead, lead_id)
    if listed is not None:
        session.delete(listed)
    detail = {"to": rep.id, "from": None if before is None else before.rep_id}
    record_step(session, made, STEPS[how.source], how.by, how.reason, how.at, detail)
    return made


def record_step(
    session: Session,
    made: Assignment,
    kind: str,
    actor: str,
    reason: str | None,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> AssignmentStep:
    """Write down what happened to an assignment."""
    step = AssignmentStep(
        assignment_id=made.id,
        lead_id=made.lead_id,
        at=at,
        kind=kind,
        actor=actor,
        reason=reason,
        detail=detail or {},
    )
    session.add(step)
    session.flush()
    return step


def _opened(
    session: Session, lead_id: str, rep: Rep, before: Assignment | None, how: Handing
) -> Assignment:
    minutes = how.sla_minutes or (before.sla_minutes if before is not None else None)
    due, reminder = first_times(calendar_of(session, rep), how.at, minutes, how.reminder_share)
    made = Assignment(
        lead_id=lead_id,
        rep_id=rep.id,
        strategy=how.source,
        reason=BY_HAND if how.source == PERSON else how.reason,
        said=how.reason if how.source == PERSON else None,
        source=how.source,
        assigned_by=how.by,
        assigned_at=how.at,
        sla_minutes=minutes,
        clock_starts_at=None if due is None else how.at,
        due_at=due,
        next_step_at=reminder,
        escalation_step=how.step,
        segment="",
    )
    if before is not None:
        made.rule_id, made.level = before.rule_id, before.level
        made.probability, made.segment = before.probability, before.segment
        return made
    score = session.scalars(
        select(LeadScore).where(LeadScore.lead_id == lead_id, LeadScore.is_current)
    ).first()
    if score is not None:
        made.level, made.probability = score.level, score.probability
    return made
