"""Declarations of uploads: what waits."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.observability.gauges import Queue
from leadflow.uploads.tables import ImportUndoing, Upload

__all__ = ["QUEUES"]


def _pending(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    asked = select(func.count(), func.min(Upload.due_at))
    found = session.execute(asked.where(Upload.state.in_(("queued", "running")))).one()
    return found[0], found[1]


def _to_undo(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    asked = select(func.count(), func.min(ImportUndoing.asked_at))
    found = session.execute(asked.where(ImportUndoing.state.in_(("queued", "running")))).one()
    return found[0], found[1]


QUEUES = (Queue("imports", _pending), Queue("import_undoings", _to_undo))
