"""The warm worker's queue: which waiting run is started, which dropped, when to look again."""

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


def next_turn(waiting: Iterable[Waiting], at_work: Collection[UUID], now: datetime) -> Turn:
    """Choose among the runs that wait, the longest waiting first.

    Of the due runs that a schedule made for one deployment only the newest counts: the others would
    do the same work once more. Runs that somebody asked for are never dropped.

    Args:
        waiting: every run that has not been started.
        at_work: the deployment of each run that is at work.
        now: the time.
    """
    ordered = sorted(waiting, key=lambda run: (run.at, str(run.run_id)))
    due = [run for run in ordered if run.at <= now]
    newest = {run.deployment_id: run.run_id for run in due if run.by_schedule}
    dropped = [r for r in due if r.by_schedule and newest[r.deployment_id] != r.run_id]
    taken, start = Counter(at_work), list[UUID]()
    for run in due:
        if run in dropped or taken.total() >= PLACES:
            continue
        if taken[run.deployment_id] < PLACES_OF_A_DEPLOYMENT:
            taken[run.deployment_id] += 1
            start.append(run.run_id)
    later = [run.at for run in ordered if run.at > now]
    return Turn(tuple(start), tuple(run.run_id for run in dropped), min(later, default=None))
