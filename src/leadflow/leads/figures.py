"""Gauge of leads that wait to be scored, for ``/metrics``."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.leads.tables import ChangedLead, QuarantinedRow
from leadflow.observability.gauges import Queue


def _changed(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    found = session.execute(select(func.count(), func.min(ChangedLead.changed_at))).one()
    return found[0], found[1]


def _set_aside(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    waiting = select(func.count(), func.min(QuarantinedRow.created_at)).where(
        QuarantinedRow.status == "waiting"
    )
    found = session.execute(waiting).one()
    return found[0], found[1]


QUEUES = (Queue("rescoring", _changed), Queue("rows_set_aside", _set_aside))
