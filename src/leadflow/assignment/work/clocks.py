"""Clocks of leads in the store, set later where those who have them could not have come to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, column, select, update, values
from sqlalchemy.orm import Session
from sqlalchemy.types import DateTime, Text

from leadflow.assignment.offered import FIRST_OFFER, waits
from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.tables import Assignment
from leadflow.assignment.work.queue import Moved, Touch, Waiting, settled
from leadflow.settings import Settings


def step_due(now: datetime) -> ColumnElement[bool]:
    """Of an assignment: whether it is time to remind of it, or to pass it on."""
    return and_(
        Assignment.next_step_at <= now,
        Assignment.ended_at.is_(None),
        Assignment.first_touch_at.is_(None),
    )


def settle_clocks(
    session: Session, settings: Settings, reps: Mapping[str, RepSnapshot], now: datetime
) -> int:
    """Settle the queues of everybody of whose leads one is due; how many clocks were set later.

    Leads that others hold at this moment keep their clocks, and so do those that were offered to
    somebody above already. The assignment lock is held.
    """
    due = select(Assignment.rep_id).where(step_due(now)).distinct()
    held = (
        select(Assignment)
        .where(Assignment.rep_id.in_(due), waits(), Assignment.escalation_step < FIRST_OFFER)
        .order_by(Assignment.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    queues: dict[str, list[Waiting]] = defaultdict(list)
    for made in session.scalars(held):
        queues[made.rep_id].append(_waiting(made))
    touches = _last_touches(session, list(queues))
    moved = [
        one
        for rep_id, queue in queues.items()
        for one in settled(
            queue,
            touches.get(rep_id),
            reps[rep_id].calendar,
            settings.minutes_each,
            settings.assignment_reminder_share,
        )
    ]
    if moved:
        _write(session, moved)
    return len(moved)


def _waiting(made: Assignment) -> Waiting:
    return Waiting(
        made.id,
        made.assigned_at,
        made.sla_minutes or 0.0,
        made.clock_starts_at or made.assigned_at,
        made.due_at or made.assigned_at,
    )


def _last_touches(session: Session, reps: Sequence[str]) -> dict[str, Touch]:
    """The newest first touch of each salesperson."""
    newest = (
        select(Assignment)
        .where(Assignment.rep_id.in_(reps), Assignment.first_touch_at.is_not(None))
        .distinct(Assignment.rep_id)
        .order_by(Assignment.rep_id, Assignment.first_touch_at.desc())
    )
    return {
        made.rep_id: Touch(made.first_touch_at, made.due_at, _waiting(made).alone)
        for made in session.scalars(newest)
        if made.first_touch_at is not None
    }


def _write(session: Session, moved: Sequence[Moved]) -> None:
    """One statement for all. Whoever was reminded already is not reminded once more."""
    later = values(
        column("id", Text),
        column("starts_at", DateTime(timezone=True)),
        column("reminder_at", DateTime(timezone=True)),
        column("due_at", DateTime(timezone=True)),
        name="later",
    ).data([(one.id, one.starts_at, one.reminder_at, one.due_at) for one in moved])
    reminded = Assignment.escalation_step % 2 == 1
    session.execute(
        update(Assignment)
        .where(Assignment.id == later.c.id)
        .values(
            clock_starts_at=later.c.starts_at,
            due_at=later.c.due_at,
            next_step_at=case((reminded, later.c.due_at), else_=later.c.reminder_at),
        )
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
