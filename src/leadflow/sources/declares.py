"""Declarations of sources: deliveries that wait, and those that are dead, for ``/metrics``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.observability.gauges import Gauge, Queue, Reading
from leadflow.sources.configuration import CONFIGURATION as SOURCES
from leadflow.sources.tables import Delivery


def _waiting(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    waiting = select(func.count(), func.min(Delivery.received_at))
    found = session.execute(waiting.where(Delivery.status == "received")).one()
    return found[0], found[1]


def _dead(session: Session, _now: datetime) -> Iterable[Reading]:
    dead = select(func.count()).where(Delivery.status == "dead")
    return [((), float(session.scalar(dead) or 0))]


CONFIGURATION = (SOURCES,)
QUEUES = (Queue("deliveries", _waiting),)
GAUGES = (
    Gauge("deliveries_dead", "Deliveries that cannot be mapped and need a person.", (), _dead),
)
