"""Assignments of leads that have ended, and what they ended by once that is corrected."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from leadflow.assignment.tables import Assignment
from leadflow.leads.outcomes.tables import ReopenedLoss
from leadflow.leads.outcomes.telling import REOPENED
from leadflow.leads.tables import Outcome


def end_closed(session: Session, now: datetime, lead_ids: Sequence[str] | None = None) -> None:
    """End the assignments of leads that have converted or been lost, of all or of these: they are
    no work any more, and their salespeople are free for others. Where these have been corrected or
    opened again, what their last assignment ended by follows."""
    last = select(Outcome.outcome).where(Outcome.lead_id == Assignment.lead_id).scalar_subquery()
    closed = update(Assignment).where(Assignment.ended_at.is_(None), last.is_not(None))
    if lead_ids is not None:
        closed = closed.where(Assignment.lead_id.in_(lead_ids))
    session.execute(
        closed.values(ended_at=func.greatest(now, Assignment.assigned_at), end_reason=last)
    )
    if lead_ids is not None:
        correct_ends(session, lead_ids)


def correct_ends(session: Session, lead_ids: Sequence[str] | None = None) -> None:
    """Have the last assignment of each of these leads, or of all, say how it ended by what holds
    now: the other outcome, or that a conversion was taken back."""
    later = aliased(Assignment)
    holds = select(Outcome.outcome).where(Outcome.lead_id == Assignment.lead_id).scalar_subquery()
    lost = exists().where(
        ReopenedLoss.lead_id == Assignment.lead_id,
        ReopenedLoss.reopened_at >= Assignment.assigned_at,
    )
    ended_by = func.coalesce(holds, case((lost, "lost"), else_=REOPENED))
    ended = update(Assignment).where(Assignment.end_reason.in_(("converted", "lost", REOPENED)))
    if lead_ids is not None:
        ended = ended.where(Assignment.lead_id.in_(lead_ids))
    session.execute(
        ended.where(
            Assignment.end_reason != ended_by,
            ~exists().where(
                later.lead_id == Assignment.lead_id, later.assigned_at > Assignment.assigned_at
            ),
        )
        .values(end_reason=ended_by)
        .execution_options(synchronize_session=False)
    )
