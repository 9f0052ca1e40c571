"""Approvals that are due: for a reminder, for the next role, or for expiry."""

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from leadflow.approvals.progress import advance
from leadflow.approvals.tables import Approval
from leadflow.settings import Settings


def advance_due(session: Session, now: datetime, limit: int = 500) -> list[str]:
    """Move on every approval for which something is due, the oldest first; their ids. Those that
    somebody is deciding on at this moment are left to the next time."""
    due = (
        select(Approval)
        .where(
            Approval.status == "waiting",
            or_(Approval.due_at <= now, Approval.remind_at <= now),
        )
        .order_by(Approval.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    moved = session.scalars(due).all()
    for approval in moved:
        advance(session, approval, now)
    return [approval.id for approval in moved]


def anything_waits(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether any approval waits, and so may be late or have lost its gate."""
    return bool(session.scalar(select(exists().where(Approval.status == "waiting"))))


def with_a_gate(session: Session, limit: int = 500) -> list[Approval]:
    """Approvals that wait and have a run in Prefect, to be looked at whether it still waits."""
    known = select(Approval).where(Approval.status == "waiting", Approval.flow_run_id.is_not(None))
    return list(session.scalars(known.order_by(Approval.requested_at).limit(limit)))
