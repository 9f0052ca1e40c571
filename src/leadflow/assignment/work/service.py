"""Working a lead: accepting it, declining it, passing it on, giving it back, getting in touch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.assignment.work.handover import (
    PERSON,
    AssignmentChanged,
    Handing,
    current_assignment,
    end,
    find_rep,
    hand_over,
    held,
    record_step,
)
from leadflow.audit import service as audit
from leadflow.leads.service import lock_lead
from leadflow.settings import Settings

TouchKind = Literal["call", "email", "meeting", "note"]
TouchResult = Literal["reached", "no answer", "left a message", "agreed what is next"]
# Whoever had a lead and let it go like this is not offered it again.


@dataclass(frozen=True)
class Said:
    """Who says something about an assignment, when, and who has it as far as they know."""

    by: str
    at: datetime
    believed: str | None = None


def accept(session: Session, lead_id: str, said: Said) -> Assignment:
    """The salesperson takes the lead on; once more changes nothing.

    Raises:
        LeadNotFound, NotAssigned, AssignmentChanged: see ``handing.held``.
    """
    made = held(session, lead_id, said.believed)
    if made.accepted_at is None:
        made.accepted_at = max(said.at, made.assigned_at)
        record_step(session, made, "accepted", said.by, None, said.at)
    return made


def decline(session: Session, lead_id: str, said: Said, reason: str) -> Assignment:
    """The salesperson does not take it, and says why: the next sweep gives it to somebody else.

    Raises:
        LeadNotFound, NotAssigned, AssignmentChanged: see ``handing.held``.
    """
    return _let_go(session, lead_id, said, "declined", reason)


def give_back(session: Session, lead_id: str, said: Said, reason: str) -> Assignment:
    """Back to the pool, though it was taken on: the next sweep gives it to somebody else.

    Raises:
        LeadNotFound, NotAssigned, AssignmentChanged: see ``handing.held``.
    """
    return _let_go(session, lead_id, said, "returned", reason)


def reassign(
    session: Session, settings: Settings, lead_id: str, said: Said, rep: str, reason: str
) -> Assignment:
    """A person gives the lead to a salesperson, whoever has it, if anybody; its clock starts anew.

    Raises:
        LeadNotFound: there is no such lead.
        AssignmentChanged: somebody else has it than the caller believes.
        RepNotFound, RepInactive, RepFull: they cannot take it.
    """
    lock_lead(session, lead_id)
    made, chosen = current_assignment(session, lead_id), find_rep(session, rep)
    before = None if made is None else made.rep_id
    if said.believed is not None and find_rep(session, said.believed).id != before:
        raise AssignmentChanged(lead_id)
    if made is not None and chosen.id == before:
        return made
    how = Handing(
        source=PERSON,
        by=said.by,
        reason=reason,
        ends="reassigned",
        at=said.at,
        reminder_share=settings.assignment_reminder_share,
    )
    given = hand_over(session, lead_id, chosen, how)
    audit.record(
        session,
        said.by,
        "lead.reassigned",
        f"lead/{lead_id}",
        {"assignment": given.id},
        said=reason,
        before={"rep": before},
        after={"rep": chosen.id},
    )
    return given


def touch(
    session: Session, lead_id: str, said: Said, kind: TouchKind, result: TouchResult | None = None
) -> Assignment:
    """The salesperson has got in touch: the clock stops, and the lead counts as accepted.
    ``result``: what came of it, where they say so.

    Raises:
        LeadNotFound, NotAssigned, AssignmentChanged: see ``handing.held``.
    """
    made = held(session, lead_id, said.believed)
    note_touch(session, made, said.by, kind, said.at, result)
    return made


def steps_of(session: Session, lead_id: str) -> list[AssignmentStep]:
    """Everything that happened to a lead's assignments, the oldest first."""
    statement = select(AssignmentStep).where(AssignmentStep.lead_id == lead_id)
    return list(session.scalars(statement.order_by(AssignmentStep.at, AssignmentStep.id)))


def _let_go(session: Session, lead_id: str, said: Said, how: str, reason: str) -> Assignment:
    made = held(session, lead_id, said.believed)
    end(session, made, how, said.at)
    record_step(session, made, how, said.by, reason, said.at)
    audit.record(
        session,
        said.by,
        f"lead.{how}",
        f"lead/{lead_id}",
        {"assignment": made.id},
        said=reason,
        before={"rep": made.rep_id},
        after={"rep": None},
    )
    return made


def note_touch(
    session: Session,
    made: Assignment,
    by: str,
    kind: str,
    at: datetime,
    result: TouchResult | None = None,
) -> None:
    """The salesperson who has a lead got in touch at a moment: the clock stops. The caller holds
    the lead."""
    if made.first_touch_at is None or at < made.first_touch_at:
        made.first_touch_at = max(at, made.assigned_at)
    made.accepted_at = made.accepted_at or made.first_touch_at
    made.next_step_at = None
    came_of_it = {} if result is None else {"result": result}
    record_step(session, made, "touched", by, None, at, {"kind": kind} | came_of_it)
