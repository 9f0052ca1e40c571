"""Gauges of pending approvals, for ``/metrics``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.observability.gauges import Gauge, Queue, Reading

WAITS = Approval.status == "waiting"


def _waiting(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    asked = select(func.count(), func.min(Approval.requested_at)).where(WAITS)
    found = session.execute(asked).one()
    return found[0], found[1]


def _by_kind(session: Session, _now: datetime) -> Iterable[Reading]:
    asked = select(Approval.kind, func.count()).where(WAITS).group_by(Approval.kind)
    return [((kind,), count) for kind, count in session.execute(asked)]


def _overdue(session: Session, now: datetime) -> Iterable[Reading]:
    asked = select(func.count()).select_from(Approval).where(WAITS, Approval.due_at < now)
    return [((), session.execute(asked).scalar_one())]


QUEUES = (Queue("decisions", _waiting),)
GAUGES = (
    Gauge("decisions_waiting", "Decisions that wait for a person, by kind.", ("kind",), _by_kind),
    Gauge("decisions_overdue", "Decisions that wait longer than they should.", (), _overdue),
)
