"""What deliveries cause beyond their leads: deployments that start, and events that Prefect sees.
Both leave by the outbox, once for all that arrive within a window, at its end."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.outbox.service import enqueue
from leadflow.sources.mapped import Mapped
from leadflow.sources.service import StoredSource
from leadflow.sources.tables import Delivery

EVENT_WINDOW = timedelta(seconds=5)
MOST_NAMED = 500


def cause(session: Session, stored: StoredSource, mapped: Mapped, now: datetime) -> None:
    """Ask for what the deliveries that ``mapped`` tells of cause; ``now`` is when they were
    processed."""
    for place, start in enumerate(stored.source.starts):
        if mapped.starts.get(place):
            begun, over = window(now, start.every)
            key = f"source:{stored.name}:{start.deployment}:{place}:{begun}"
            payload = {
                "deployment": start.deployment,
                "parameters": dict(start.parameters),
                "key": key,
                "tags": [f"source:{stored.name}"],
            }
            enqueue(session, "start_flow_run", key, payload, after=over)
    begun, over = window(now, EVENT_WINDOW)
    for kind in sorted({name for names in mapped.kinds.values() for name in names}):
        key = f"event:{stored.name}:{kind}:{begun}"
        report = {"source": stored.name, "kind": kind, "since": begun}
        enqueue(session, "report_deliveries", key, report, after=over)


def window(now: datetime, every: timedelta) -> tuple[int, datetime]:
    """The window that a moment lies in: its beginning, in seconds since 1970, and its end."""
    length = max(1, int(every.total_seconds()))
    begun = int(now.timestamp()) // length * length
    return begun, datetime.fromtimestamp(begun + length, UTC)


def reported(session: Session, source: str, kind: str, since: int) -> list[str]:
    """The ids of the deliveries of a kind that were processed in the window of events that begins
    then; the first of them, where there are many."""
    begun = datetime.fromtimestamp(since, UTC)
    found = select(Delivery.id).where(
        Delivery.source == source,
        Delivery.kinds.contains([kind]),
        Delivery.processed_at >= begun,
        Delivery.processed_at < begun + EVENT_WINDOW,
    )
    return list(session.scalars(found.order_by(Delivery.id).limit(MOST_NAMED)))
