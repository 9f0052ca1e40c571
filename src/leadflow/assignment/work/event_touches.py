"""Getting in touch with a lead, told as an event of it: which types of events say so is data."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.assignment.work.service import note_touch
from leadflow.leads.events.recording import EventIn, happened_at
from leadflow.leads.events.types import known_types, read_types
from leadflow.leads.tables import EventTypeRow, LeadEvent

CRM = "crm"


def touch_from_events(
    session: Session, events: Sequence[tuple[str, EventIn]], now: datetime, by: str
) -> None:
    """Let what salespeople did with leads, told as (lead id, event), count as getting in touch; the
    caller holds the leads and has just stored the events. What came before an assignment counts for
    nobody."""
    types = known_types(session)
    if any(event.type not in types.by_name for _, event in events):
        types = read_types(session)
    told = [(lead_id, event) for lead_id, event in events if event.type in types.touches]
    if not told:
        return
    open_ones = select(Assignment).where(
        Assignment.lead_id.in_({lead_id for lead_id, _ in told}), Assignment.ended_at.is_(None)
    )
    made = {assignment.lead_id: assignment for assignment in session.scalars(open_ones)}
    for lead_id, event in told:
        at = happened_at(event.occurred_at, now)
        if lead_id in made and at >= made[lead_id].assigned_at:
            kind = types.by_name[event.type].counts_as.removeprefix("rep_")
            note_touch(session, made[lead_id], by, kind, at)


def catch_up_touches(session: Session, now: datetime) -> int:
    """The same for events that came in other ways (an import, a pull): one statement for all
    assignments whose clock runs; how many were touched."""
    first = (
        select(LeadEvent.lead_id, func.min(LeadEvent.occurred_at).label("at"))
        .join(Assignment, Assignment.lead_id == LeadEvent.lead_id)
        .where(to_catch_up())
        .group_by(LeadEvent.lead_id)
        .subquery()
    )
    touched = session.execute(
        update(Assignment)
        .where(
            Assignment.lead_id == first.c.lead_id,
            Assignment.ended_at.is_(None),
            Assignment.first_touch_at.is_(None),
        )
        .values(
            first_touch_at=first.c.at,
            accepted_at=func.coalesce(Assignment.accepted_at, first.c.at),
            next_step_at=None,
        )
        .returning(Assignment.id, Assignment.lead_id, Assignment.first_touch_at)
        .execution_options(synchronize_session=False)
    ).all()
    session.add_all(
        AssignmentStep(
            assignment_id=row.id,
            lead_id=row.lead_id,
            at=row.first_touch_at,
            kind="touched",
            actor=CRM,
        )
        for row in touched
    )
    session.flush()
    return len(touched)


def to_catch_up() -> ColumnElement[bool]:
    """Of an assignment and an event of its lead: whether the event stops its clock, which runs."""
    return and_(
        Assignment.ended_at.is_(None),
        Assignment.first_touch_at.is_(None),
        LeadEvent.type.in_(select(EventTypeRow.name).where(EventTypeRow.is_touch)),
        LeadEvent.occurred_at >= Assignment.assigned_at,
    )
