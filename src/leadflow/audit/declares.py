"""Declarations of audit: the queue of entries that wait for their place in the audit chain."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditWaiting
from leadflow.observability.gauges import Queue


def _waiting(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    found = session.execute(select(func.count(), func.min(AuditWaiting.at))).one()
    return found[0], found[1]


QUEUES = (Queue("audit", _waiting),)
