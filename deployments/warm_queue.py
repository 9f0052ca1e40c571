"""Which waiting runs are dropped because a newer one does their work; and the warm worker's queue:
which of the others is started, and when to look again."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# So many runs at a time. They share the processor, so more of them end no sooner.
PLACES = 12
# A run that hangs does not keep the next of its deployment away, but not all places are theirs.
PLACES_OF_A_DEPLOYMENT = 4


@dataclass(frozen=True)
class Waiting:
    """A run that has not been started: whose, for when, and whether a schedule made it."""

    run_id: UUID
    deployment_id: UUID
    at: datetime
    by_schedule: bool


@dataclass(frozen=True)
class Turn:
    """What to do now. ``next_at``: when the next run is due that is not yet; None if there is
    none."""

    start: tuple[UUID, ...]
    drop: tuple[UUID, ...]
    next_at: datetime | None


def superseded(waiting: Iterable[Waiting], now: datetime) -> tuple[UUID, ...]:
    """Of the due runs that a schedule made for one deployment, all but the newest: they would do
    the same work once more. Runs that somebody asked for are none of these."""
    due = sorted(
        (run for run in waiting if run.by_schedule and run.at <= now),
        key=lambda run: (run.at, str(run.run_id)),
    )
    newest = {run.deployment_id: run.run_id for run in due}
    return tuple(run.run_id for run in due if newest[run.deployment_id] != run.run_id)


def next_turn(waiting: Iterable[Waiting], at_work: Collection[UUID], now: datetime) -> Turn:
    """Choose among the runs that wait: first those that somebody asked for, then those that a
    schedule made, of each the longest waiting first. What is superseded is dropped.

    Args:
        waiting: every run that has not been started.
        at_work: the deployment of each run that is at work.
        now: the time.
    """
    ordered = sorted(waiting, key=lambda run: (run.by_schedule, run.at, str(run.run_id)))
    dropped = superseded(ordered, now)
    taken, start = Counter(at_work), list[UUID]()
    for run in ordered:
        if run.at > now or run.run_id in dropped or taken.total() >= PLACES:
            continue
        if taken[run.deployment_id] < PLACES_OF_A_DEPLOYMENT:
            taken[run.deployment_id] += 1
            start.append(run.run_id)
    later = [run.at for run in ordered if run.at > now]
    return Turn(tuple(start), dropped, min(later, default=None))
