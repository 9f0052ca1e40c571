"""Track records of salespeople: counted in the database, fitted in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Float, Numeric, Row, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from leadflow.assignment.choice.conversion_times import share_by
from leadflow.assignment.choice.rep_effects import (
    Counts,
    Floats,
    RepEffects,
    fit_effects,
    no_effects,
)
from leadflow.assignment.tables import Assignment
from leadflow.leads.tables import Outcome
from leadflow.scoring.tables import LeadScore

# Leads are counted together whose log-odds are within a quarter of each other.
BINS = 4
# Those handed out within so many days of each other too.
DAYS_TOGETHER = 3
DAY = 24 * 60 * 60


def read_effects(session: Session, rep_ids: Sequence[str], now: datetime, days: int) -> RepEffects:
    """What each of these adds to the odds of a lead, by segment.

    Looked at are leads with what the score expected of them when they were handed out, whose
    salesperson had them to their end or has them still. Converted means: within the horizon
    (``days``); of a lead that is younger, as much is expected as comes by its age.
    """
    horizon = timedelta(days=days)
    times = np.array(session.scalars(_conversion_times(now, horizon)).all(), dtype=float)
    known = set(rep_ids)
    rows = [row for row in session.execute(_counted(now, horizon)) if row.rep_id in known]
    ages = np.array([row.age for row in rows], dtype=float)
    told = list(zip(rows, share_by(ages, times, days).tolist(), strict=True))
    told = [(row, share) for row, share in told if share > 0]
    if not told:
        return no_effects(rep_ids)
    segments = sorted({row.segment for row, _ in told})
    effects = fit_effects(_counts(told, rep_ids, segments), rep_ids, segments)
    return replace(effects, leads=_had_their_time(told, rep_ids))


def mature(now: datetime, horizon: timedelta) -> Select[Any]:
    """One row for every assignment that performance is judged by, those whose time has passed:
    the columns of ``followed``."""
    return followed(horizon).where(Assignment.assigned_at <= now - horizon)


def followed(horizon: timedelta) -> Select[Any]:
    """One row for every assignment with an expectation that was held to its end, or is held still:
    ``assignment_id``, ``lead_id``, ``rep_id``, ``segment``, ``probability``, ``converted`` (1 or
    0), ``won_at``, ``assigned_at``, ``ended_at``."""
    won = aliased(Outcome)
    earliest = (
        select(LeadScore.probability)
        .where(LeadScore.lead_id == Assignment.lead_id)
        .order_by(LeadScore.as_of)
        .limit(1)
        .scalar_subquery()
    )
    # Leads that were handed out elsewhere had no score then.
    expected = func.coalesce(Assignment.probability, earliest)
    # Whoever lost a lead has not won what it became once it was open again.
    in_time = and_(
        won.occurred_at <= Assignment.assigned_at + horizon,
        Assignment.end_reason.is_distinct_from("lost"),
    )
    return (
        select(
            Assignment.id.label("assignment_id"),
            Assignment.lead_id,
            Assignment.rep_id,
            Assignment.segment,
            expected.label("probability"),
            case((in_time, 1), else_=0).label("converted"),
            won.occurred_at.label("won_at"),
            Assignment.assigned_at,
            Assignment.ended_at,
        )
        .outerjoin(won, (won.lead_id == Assignment.lead_id) & (won.outcome == "converted"))
        .where(
            expected.is_not(None),
            or_(Assignment.ended_at.is_(None), Assignment.end_reason.in_(("converted", "lost"))),
        )
    )


def _counted(now: datetime, horizon: timedelta) -> Select[Any]:
    """Leads and conversions by salesperson, segment, age and about equal log-odds."""
    each = followed(horizon).where(Assignment.assigned_at <= now).subquery()
    days = func.extract("epoch", now - each.c.assigned_at) / DAY
    middle = func.floor(days / DAYS_TOGETHER) * DAYS_TOGETHER + DAYS_TOGETHER / 2
    age = func.least(middle, horizon / timedelta(days=1))
    bounded = func.least(func.greatest(cast(each.c.probability, Float), 1e-6), 1 - 1e-6)
    logit = func.ln(bounded / (1 - bounded))
    return select(
        each.c.rep_id,
        each.c.segment,
        func.count().label("leads"),
        func.sum(each.c.converted).label("converted"),
        func.avg(each.c.probability).label("probability"),
        age.label("age"),
    ).group_by(each.c.rep_id, each.c.segment, func.round(cast(logit * BINS, Numeric)), age)


def _conversion_times(now: datetime, horizon: timedelta) -> Select[Any]:
    """Days that leads took to convert, of those that have had their time."""
    each = mature(now, horizon).subquery()
    days = func.extract("epoch", each.c.won_at - each.c.assigned_at) / DAY
    return select(cast(days, Float)).where(each.c.converted == 1)


def _counts(
    rows: Sequence[tuple[Row[Any], float]], rep_ids: Sequence[str], segments: Sequence[str]
) -> Counts:
    places = {rep_id: place for place, rep_id in enumerate(rep_ids)}
    columns = {segment: place for place, segment in enumerate(segments)}
    return Counts.of(
        np.array([places[row.rep_id] for row, _ in rows], dtype=np.intp),
        np.array([columns[row.segment] for row, _ in rows], dtype=np.intp),
        np.array([row.probability * share for row, share in rows], dtype=float),
        np.array([row.converted for row, _ in rows], dtype=float),
        (len(rep_ids), len(segments)),
        np.array([row.leads for row, _ in rows], dtype=float),
    )


def _had_their_time(told: Sequence[tuple[Row[Any], float]], rep_ids: Sequence[str]) -> Floats:
    """How many leads of each salesperson have had their time, young ones counting in part."""
    count = dict.fromkeys(rep_ids, 0.0)
    for row, share in told:
        count[row.rep_id] += row.leads * share
    return np.array(list(count.values()))
