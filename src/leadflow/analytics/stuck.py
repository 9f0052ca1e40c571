"""What is stuck in Leadflow itself, and waits for an operator."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.background.records import FORGOTTEN_AFTER, SILENT_AFTER
from leadflow.background.tables import BackgroundLoop
from leadflow.leads.files.quarantine_groups import rows_waiting
from leadflow.observability.gauges import QUEUES
from leadflow.outbox.tables import OutboxRow
from leadflow.sources.tables import Delivery

UNSETTLED = ("uncertain", "failed")
# What waits for longer than this does not move on by itself.
LONG = timedelta(minutes=10)
# These wait for people, who are told elsewhere.
OF_PEOPLE = ("decisions", "unroutable", "rows_set_aside")


@dataclass(frozen=True)
class Lane:
    """Acts of one lane of the outbox that a person settles: of which nobody knows whether they
    were performed, and that have failed; since when the first."""

    lane: str
    uncertain: int
    failed: int
    since: datetime


@dataclass(frozen=True)
class Loop:
    """A loop of the background process that fails (``failures`` in a row) or is silent."""

    loop: str
    process: str
    failures: int
    looked_at: datetime
    error: str | None


@dataclass(frozen=True)
class Waits:
    """A queue in which something waits for long."""

    queue: str
    waiting: int
    since: datetime


@dataclass(frozen=True)
class Stuck:
    """All of it. ``running``: whether any background process was heard of within a minute."""

    lanes: list[Lane]
    loops: list[Loop]
    queues: list[Waits]
    dead: dict[str, int]
    set_aside: int
    running: bool

    @property
    def count(self) -> int:
        """How many things there are to look at."""
        return (
            sum(one.uncertain + one.failed for one in self.lanes)
            + len(self.loops)
            + len(self.queues)
            + sum(self.dead.values())
            + (self.set_aside > 0)
            + (not self.running)
        )


def stuck(session: Session, now: datetime) -> Stuck:
    """What is stuck now."""
    loops = session.scalars(
        select(BackgroundLoop)
        .where(BackgroundLoop.looked_at > now - FORGOTTEN_AFTER)
        .order_by(BackgroundLoop.loop, BackgroundLoop.process)
    ).all()
    heard = [one for one in loops if one.looked_at > now - SILENT_AFTER]
    at_work = {one.loop for one in heard}
    bad = [one for one in loops if one.failures or one.loop not in at_work]
    dead = select(Delivery.source, func.count()).where(Delivery.status == "dead")
    return Stuck(
        _lanes(session),
        [Loop(one.loop, one.process, one.failures, one.looked_at, one.error) for one in bad],
        _queues(session, now),
        dict(session.execute(dead.group_by(Delivery.source)).tuples().all()),
        rows_waiting(session),
        bool(heard),
    )


def _lanes(session: Session) -> list[Lane]:
    of = OutboxRow.status
    query = (
        select(
            OutboxRow.lane,
            func.count().filter(of == "uncertain"),
            func.count().filter(of == "failed"),
            func.min(func.coalesce(OutboxRow.ended_at, OutboxRow.created_at)),
        )
        .where(of.in_(UNSETTLED))
        .group_by(OutboxRow.lane)
        .order_by(OutboxRow.lane)
    )
    return [Lane(*row) for row in session.execute(query).tuples()]


def _queues(session: Session, now: datetime) -> list[Waits]:
    ours = (queue for queue in QUEUES if queue.name not in OF_PEOPLE)
    found = ((queue.name, *queue.read(session, now)) for queue in ours)
    return [
        Waits(name, waiting, since)
        for name, waiting, since in found
        if since is not None and since < now - LONG
    ]
