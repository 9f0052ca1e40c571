"""Declarations of sources for ``/metrics``: deliveries that wait, those that are dead, journals."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.observability.gauges import Gauge, Queue, Reading
from leadflow.sources.configuration import CONFIGURATION as SOURCES
from leadflow.sources.tables import Delivery, SourceJournal


def _waiting(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    waiting = select(func.count(), func.min(Delivery.received_at))
    found = session.execute(waiting.where(Delivery.status == "received")).one()
    return found[0], found[1]


def _dead(session: Session, _now: datetime) -> Iterable[Reading]:
    dead = select(func.count()).where(Delivery.status == "dead")
    return [((), float(session.scalar(dead) or 0))]


def _behind(session: Session, now: datetime) -> Iterable[Reading]:
    found = session.execute(select(SourceJournal.source, SourceJournal.cursor_at)).tuples()
    return [((source,), max(0.0, (now - cursor).total_seconds())) for source, cursor in found]


def _failures(session: Session, _now: datetime) -> Iterable[Reading]:
    found = session.execute(select(SourceJournal.source, SourceJournal.failures)).tuples()
    return [((source,), float(failures)) for source, failures in found]


CONFIGURATION = (SOURCES,)
QUEUES = (Queue("deliveries", _waiting),)
GAUGES = (
    Gauge("deliveries_dead", "Deliveries that cannot be mapped and need a person.", (), _dead),
    Gauge(
        "journal_behind_seconds",
        "How far behind now the journal of a source has been read.",
        ("source",),
        _behind,
    ),
    Gauge(
        "journal_failures",
        "Attempts to read the journal of a source that failed since the last that did not.",
        ("source",),
        _failures,
    ),
)
