"""Who has a lead that another was merged into, and who has each once the two are apart again.

Whoever has the survivor keeps it; where nobody has it, whoever has the other does, with the clock
as it runs. Loads follow: the trigger on assignments counts both ways.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.assignment.routing.ends import end_closed
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, AssignmentStep, Rep
from leadflow.assignment.work.handover import current_assignment
from leadflow.leads.tables import Outcome

MERGED = "merged"


def bring(session: Session, survivor_id: str, other_id: str, now: datetime) -> dict[str, Any]:
    """Give the survivor its one salesperson, and end the work on it where it has ended by now; the
    assignments that were active, with their leads. The caller holds both leads, and has told of the
    survivor how the other ended."""
    own, others = (current_assignment(session, one) for one in (survivor_id, other_id))
    held = {made.id: made.lead_id for made in (own, others) if made is not None}
    if others is not None:
        ended = session.scalar(select(exists().where(Outcome.lead_id == survivor_id)))
        if own is None and not ended:
            _pass_on(session, others, survivor_id)
        else:
            others.ended_at, others.end_reason = max(now, others.assigned_at), MERGED
            session.flush()
    session.execute(delete(UnroutableLead).where(UnroutableLead.lead_id == other_id))
    end_closed(session, now, [survivor_id])
    return held


def take_back(session: Session, held: dict[str, str], merged_at: datetime, now: datetime) -> None:
    """Let each lead have the salesperson it had, who still works here and has room, where nobody
    was given it since and it has not ended. The caller holds both leads."""
    found = select(Assignment).where(Assignment.id.in_(held)).order_by(Assignment.id)
    assignments = session.scalars(found.execution_options(populate_existing=True)).all()
    for made in assignments:
        if made.lead_id != held[made.id]:
            _pass_on(session, made, held[made.id])
    for made in assignments:
        if made.ended_at is not None and made.ended_at == max(merged_at, made.assigned_at):
            _open_again(session, made)
    end_closed(session, now, sorted(set(held.values())))


def _pass_on(session: Session, made: Assignment, lead_id: str) -> None:
    """The assignment and its steps are of the other lead from now on; no load changes."""
    steps = update(AssignmentStep).where(AssignmentStep.assignment_id == made.id)
    session.execute(steps.values(lead_id=lead_id))
    made.lead_id = lead_id
    session.flush()


def _open_again(session: Session, made: Assignment) -> None:
    over = select(exists().where(Outcome.lead_id == made.lead_id))
    if session.scalar(over) or current_assignment(session, made.lead_id) is not None:
        return
    if not session.get_one(Rep, made.rep_id).active:
        return
    try:
        with session.begin_nested():
            made.ended_at = made.end_reason = None
            session.flush()
    except IntegrityError:
        # No room is left; the next sweep hands the lead out.
        session.refresh(made)
