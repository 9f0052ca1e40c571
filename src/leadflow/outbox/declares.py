"""Declarations of the outbox: its gauges for ``/metrics``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.observability.gauges import Gauge, Reading
from leadflow.outbox.lanes import LANES
from leadflow.outbox.tables import OutboxRow

# Acts that are done stay in the table; they are counted as they end.
SHOWN = ("waiting", "claimed", "uncertain", "failed")


def _acts(session: Session, _now: datetime) -> Iterable[Reading]:
    asked = (
        select(OutboxRow.lane, OutboxRow.status, func.count())
        .where(OutboxRow.status.in_(SHOWN))
        .group_by(OutboxRow.lane, OutboxRow.status)
    )
    found = {(lane, state): float(count) for lane, state, count in session.execute(asked)}
    return [
        ((lane, state), found.get((lane, state), 0.0)) for lane in sorted(LANES) for state in SHOWN
    ]


def _oldest(session: Session, now: datetime) -> Iterable[Reading]:
    due = (OutboxRow.status == "waiting") & (OutboxRow.available_at <= now)
    asked = select(OutboxRow.lane, func.min(OutboxRow.created_at)).where(due)
    found = dict(session.execute(asked.group_by(OutboxRow.lane)).tuples().all())
    return [
        ((lane,), (now - found[lane]).total_seconds() if lane in found else 0.0)
        for lane in sorted(LANES)
    ]


GAUGES = (
    Gauge(
        "outbox_acts",
        "Acts of the outbox that are not over, or that a person should see.",
        ("lane", "state"),
        _acts,
    ),
    Gauge(
        "outbox_oldest_seconds",
        "How long ago the oldest act that is due was asked for; 0 where none is.",
        ("lane",),
        _oldest,
    ),
)
