"""Gauges of leads that wait for a salesperson, for ``/metrics``."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.observability.gauges import Queue


def _nobody_takes(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    found = session.execute(select(func.count(), func.min(UnroutableLead.since))).one()
    return found[0], found[1]


QUEUES = (Queue("unroutable", _nobody_takes),)
