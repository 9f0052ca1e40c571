"""The performance report of salespeople and strategies in a period: response, acceptance,
conversion, load, fairness.

Response times are working minutes of the salesperson. Conversion is held against what the score
expected, of leads handed out at least the horizon ago.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from leadflow.assignment.insight.fairness import gini, spread
from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.snapshot import read_loads, read_team
from leadflow.assignment.team.store import rep_names
from leadflow.assignment.team.track_record import mature
from leadflow.settings import Settings

INTERVAL = (0.05, 0.95)
Rows = Sequence[Row[Any]]


@dataclass(frozen=True)
class Conversion:
    """Converted against expected, of ``leads`` that have had their time. ``ratio`` is 1 where it is
    as the score expected; ``low`` and ``high`` hold the true ratio in 9 of 10 cases."""

    leads: int
    converted: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Record:
    """What came of a salesperson's, or a strategy's, assignments. Shares and minutes are None where
    there was nothing to count; ``response_minutes``: median and 90th percentile."""

    assigned: int
    accepted_share: float | None
    declined: int
    response_minutes: tuple[float, float] | None
    in_time_share: float | None
    conversion: Conversion


@dataclass(frozen=True)
class RepRecord:
    """A salesperson's record, with leads in work and most of them (None: no limit)."""

    rep_id: str
    name: str
    team: str | None
    active: bool
    load: int
    limit: int | None
    record: Record


@dataclass(frozen=True)
class Fairness:
    """How evenly the period's leads went to those who are active and take leads; by capacity:
    leads received as a share of the capacity."""

    salespeople: int
    gini: float | None
    gini_by_capacity: float | None
    most_minus_least: float


@dataclass(frozen=True)
class Report:
    """The whole report; ``since`` to ``until`` is when leads were handed out."""

    since: datetime
    until: datetime
    reps: list[RepRecord]
    strategies: dict[str, Record]
    fairness: Fairness


def performance_report(
    session: Session,
    settings: Settings,
    since: datetime,
    until: datetime,
    now: datetime,
    team: str | None = None,
) -> Report:
    """The report of a period, of everybody or one team."""
    facts = read_team(session, now)
    reps = {rep.rep_id: rep for rep in facts.reps if team is None or rep.team == team}
    rows = [row for row in _assignments(session, since, until) if row.rep_id in reps]
    horizon = timedelta(days=settings.horizon_days)
    ended = mature(now, horizon).where(Assignment.assigned_at.between(since, until)).subquery()
    results = {row.assignment_id: row for row in session.execute(select(ended))}
    names, loads = rep_names(session), read_loads(session)

    def records(key: Callable[[Row[Any]], str]) -> dict[str, Record]:
        grouped: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            grouped[key(row)].append(row)
        return {name: _record(some, results, reps, now) for name, some in sorted(grouped.items())}

    by_rep = records(lambda row: str(row.rep_id))
    empty = _record([], {}, {}, now)
    return Report(
        since=since,
        until=until,
        reps=[
            RepRecord(
                rep_id=rep.rep_id,
                name=names[rep.rep_id],
                team=rep.team,
                active=rep.active,
                load=loads.get(rep.rep_id, 0),
                limit=rep.limit,
                record=by_rep.get(rep.rep_id, empty),
            )
            for rep in reps.values()
        ],
        strategies=records(lambda row: str(row.strategy)),
        fairness=_fairness(reps.values(), {name: made.assigned for name, made in by_rep.items()}),
    )


def _assignments(session: Session, since: datetime, until: datetime) -> Rows:
    columns = (
        Assignment.id,
        Assignment.rep_id,
        Assignment.strategy,
        Assignment.assigned_at,
        Assignment.accepted_at,
        Assignment.first_touch_at,
        Assignment.clock_starts_at,
        Assignment.due_at,
        Assignment.end_reason,
    )
    within = Assignment.assigned_at.between(since, until)
    return session.execute(select(*columns).where(within)).all()


def _record(
    rows: Rows, results: dict[str, Row[Any]], reps: dict[str, RepSnapshot], now: datetime
) -> Record:
    touched = [row for row in rows if row.first_touch_at is not None]
    with_due = [row for row in rows if row.due_at is not None and _is_told(row, now)]
    in_time = [
        row
        for row in with_due
        if row.first_touch_at is not None and row.first_touch_at <= row.due_at
    ]
    minutes = [_working_minutes(row, reps[row.rep_id]) for row in touched]
    accepted = sum(row.accepted_at is not None or row.first_touch_at is not None for row in rows)
    return Record(
        assigned=len(rows),
        accepted_share=accepted / len(rows) if rows else None,
        declined=sum(row.end_reason == "declined" for row in rows),
        response_minutes=(
            (float(np.quantile(minutes, 0.5)), float(np.quantile(minutes, 0.9)))
            if minutes
            else None
        ),
        in_time_share=len(in_time) / len(with_due) if with_due else None,
        conversion=conversion([results[row.id] for row in rows if row.id in results]),
    )


def _is_told(row: Row[Any], now: datetime) -> bool:
    """Whether it has come out if a lead was touched in time: not while its time still runs."""
    return row.first_touch_at is not None or row.end_reason is not None or row.due_at <= now


def _working_minutes(row: Row[Any], rep: RepSnapshot) -> float:
    """From when it could be worked: where others came first, that is later than it was given."""
    start = row.clock_starts_at or row.assigned_at
    if rep.calendar is None:
        return max(0.0, float((row.first_touch_at - start) / timedelta(minutes=1)))
    return rep.calendar.minutes_between(start, row.first_touch_at)


def conversion(results: Rows) -> Conversion:
    """Converted against expected, from rows of ``experience.mature``."""
    converted = sum(row.converted for row in results)
    return ratio_of(len(results), converted, sum(row.probability for row in results))


def ratio_of(leads: int, converted: int, expected: float) -> Conversion:
    """Converted against expected, of so many leads. The interval is Jeffreys' for the mean of a
    Poisson count: gamma(converted + ½)."""
    if expected <= 0:
        return Conversion(leads, converted, expected, None, None, None)
    # Of scipy.stats, gamma.ppf says the same and takes 50 MB more to load.
    from scipy.special import gammaincinv

    low, high = gammaincinv(converted + 0.5, INTERVAL) / expected
    ratio = converted / expected
    return Conversion(leads, converted, expected, ratio, float(low), float(high))


def _fairness(reps: Iterable[RepSnapshot], received: dict[str, int]) -> Fairness:
    takers = [rep for rep in reps if rep.active and rep.capacity]
    counts = [float(received.get(rep.rep_id, 0)) for rep in takers]
    shares = [count / (rep.capacity or 1) for count, rep in zip(counts, takers, strict=True)]
    return Fairness(len(takers), gini(counts), gini(shares), spread(counts))
