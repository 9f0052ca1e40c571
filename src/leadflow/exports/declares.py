"""Declarations of exports: their decision, the act that it leads to, and what waits."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.exports.decision import ACTS, KINDS
from leadflow.exports.tables import LeadExport
from leadflow.observability.gauges import Queue

__all__ = ["ACTS", "DECISION_KINDS", "QUEUES"]


def _pending(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    asked = select(func.count(), func.min(LeadExport.asked_at))
    found = session.execute(asked.where(LeadExport.state.in_(("queued", "running")))).one()
    return found[0], found[1]


DECISION_KINDS = KINDS
QUEUES = (Queue("lead_exports", _pending),)
