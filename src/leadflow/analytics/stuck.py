"""What only a person can set going again, and what waits meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.background import records
from leadflow.observability.gauges import QUEUES

# Each part by an index of its own: what is done lies about by the million.
STUCK = text(
    """
SELECT 'uncertain_acts', count(*), min(coalesce(ended_at, created_at))
FROM outbox WHERE status = 'uncertain'
UNION ALL
SELECT 'failed_acts', count(*), min(coalesce(ended_at, created_at))
FROM outbox WHERE status = 'failed'
UNION ALL
SELECT 'dead_deliveries', count(*), min(received_at) FROM deliveries WHERE status = 'dead'
UNION ALL
SELECT 'silent_endpoints', count(*), min(changed_at)
FROM webhook_endpoints WHERE status = 'disabled' AND disabled_why <> 'person'
UNION ALL
SELECT 'unread_journals', count(*), min(failing_since) FROM source_journals WHERE failures > 0
"""
)
LANES = text(
    """
SELECT lane, 'waiting', count(*), min(created_at) FROM outbox WHERE status = 'waiting' GROUP BY lane
UNION ALL
SELECT lane, 'claimed', count(*), min(created_at) FROM outbox WHERE status = 'claimed' GROUP BY lane
UNION ALL
SELECT lane, 'uncertain', count(*), min(created_at)
FROM outbox WHERE status = 'uncertain' GROUP BY lane
UNION ALL
SELECT lane, 'failed', count(*), min(created_at) FROM outbox WHERE status = 'failed' GROUP BY lane
"""
)

# Queues that nothing but a person empties.
FOR_A_PERSON = ("messages_uncertain",)


@dataclass(frozen=True)
class Stuck:
    """So many of a kind, and since when the oldest is."""

    kind: str
    number: int
    since: datetime | None


@dataclass(frozen=True)
class Waiting:
    """A queue: how much waits in it, and since when the oldest does."""

    queue: str
    number: int
    since: datetime | None


def stuck(session: Session, now: datetime) -> list[Stuck]:
    """What waits for a person, of each kind of which there is any; the background process too,
    where none runs or one of its loops fails."""
    found = [Stuck(*row) for row in session.execute(STUCK).tuples() if row[1]]
    for queue in QUEUES.values():
        if queue.name in FOR_A_PERSON:
            number, since = queue.read(session, now)
            found += [Stuck(queue.name, number, since)] if number else []
    loops = records.running(session, now)
    failing = [one for one in loops if one.failures]
    if not loops:
        found.insert(0, Stuck("no_background", 1, None))
    elif failing:
        since = min((one.failed_at for one in failing if one.failed_at), default=None)
        found.insert(0, Stuck("failing_loops", len({one.loop for one in failing}), since))
    return found


def waiting(session: Session, now: datetime) -> list[Waiting]:
    """Every queue, the one first whose oldest has waited longest."""
    found = [Waiting(queue.name, *queue.read(session, now)) for queue in QUEUES.values()]
    return sorted(found, key=lambda one: (one.since is None, one.since or now, one.queue))


def lanes(session: Session, names: Iterable[str]) -> dict[str, dict[str, Waiting]]:
    """Of each of these lanes what is not over, by its state."""
    found: dict[str, dict[str, Waiting]] = {name: {} for name in names}
    for lane, status, number, since in session.execute(LANES).tuples():
        found.setdefault(lane, {})[status] = Waiting(lane, number, since)
    return found
