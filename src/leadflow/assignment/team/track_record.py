"""Track records of salespeople: counted in the database, fitted in memory."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Float, Numeric, Row, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from leadflow.assignment.choice.rep_effects import Counts, RepEffects, fit_effects, no_effects
from leadflow.assignment.tables import Assignment, Rep
from leadflow.leads.tables import Outcome
from leadflow.scoring.tables import LeadScore

# Leads are counted together whose log-odds are within a quarter of each other.
BINS = 4


def read_effects(session: Session, rep_ids: Sequence[str], now: datetime, days: int) -> RepEffects:
    """What each of these adds to the odds of a lead, by segment.

    Looked at are leads handed out at least the horizon (``days``) ago, with what the score expected
    of them then, whose salesperson had them to their end or has them still: younger ones would
    count the quick conversions and not those that are to come. Converted means: within the horizon.
    """
    rows = list(session.execute(_counted(now, timedelta(days=days))))
    known = set(rep_ids)
    rows = [row for row in rows if row.rep_id in known]
    if not rows:
        return no_effects(rep_ids)
    segments = sorted({row.segment for row in rows})
    return fit_effects(_counts(rows, rep_ids, segments), rep_ids, segments)


def mature(now: datetime, horizon: timedelta) -> Select[Any]:
    """One row for every assignment that performance is judged by: ``assignment_id``, ``lead_id``,
    ``rep_id``, ``segment``, ``probability``, ``converted`` (1 or 0), ``assigned_at``,
    ``ended_at``."""
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
            Assignment.assigned_at,
            Assignment.ended_at,
        )
        .outerjoin(won, (won.lead_id == Assignment.lead_id) & (won.outcome == "converted"))
        .where(
            expected.is_not(None),
            Assignment.assigned_at <= now - horizon,
            or_(Assignment.ended_at.is_(None), Assignment.end_reason.in_(("converted", "lost"))),
        )
    )


def _counted(now: datetime, horizon: timedelta) -> Select[Any]:
    """Leads and conversions by salesperson, segment and about equal log-odds."""
    each = mature(now, horizon).subquery()
    bounded = func.least(func.greatest(cast(each.c.probability, Float), 1e-6), 1 - 1e-6)
    logit = func.ln(bounded / (1 - bounded))
    return select(
        each.c.rep_id,
        each.c.segment,
        func.count().label("leads"),
        func.sum(each.c.converted).label("converted"),
        func.avg(each.c.probability).label("probability"),
    ).group_by(each.c.rep_id, each.c.segment, func.round(cast(logit * BINS, Numeric)))


def _counts(rows: Sequence[Row[Any]], rep_ids: Sequence[str], segments: Sequence[str]) -> Counts:
    places = {rep_id: place for place, rep_id in enumerate(rep_ids)}
    columns = {segment: place for place, segment in enumerate(segments)}
    return Counts.of(
        np.array([places[row.rep_id] for row in rows], dtype=np.intp),
        np.array([columns[row.segment] for row in rows], dtype=np.intp),
        np.array([row.probability for row in rows], dtype=float),
        np.array([row.converted for row in rows], dtype=float),
        (len(rep_ids), len(segments)),
        np.array([row.leads for row in rows], dtype=float),
    )


def rep_names(session: Session) -> dict[str, str]:
    """The names of all salespeople, by id."""
    return dict(session.execute(select(Rep.id, Rep.name)).tuples().all())
