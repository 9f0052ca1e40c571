"""How a team stands and does: who has room, what is late, and how each did lately.

Loads and what is late are counted now; what came of leads is read from months of assignments, and
whoever shows it keeps it for a while.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.assignment.insight.performance_report import (
    Conversion,
    Fairness,
    Record,
    performance_report,
    ratio_of,
)
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.track_record import mature
from leadflow.settings import Settings

DAYS, YEAR = 30, timedelta(days=365)


@dataclass(frozen=True)
class TeamFigures:
    """What came of leads, as counted at a moment: by salesperson the record of the last days, and
    conversions of leads handed out in the year before that have had their time."""

    counted_at: datetime
    days: int
    records: dict[str, Record]
    fairness: Fairness
    conversions: dict[str, Conversion]


def team_figures(session: Session, settings: Settings, now: datetime) -> TeamFigures:
    """Count them anew."""
    horizon = timedelta(days=settings.horizon_days)
    report = performance_report(session, settings, now - timedelta(days=DAYS), now, now)
    return TeamFigures(
        counted_at=now,
        days=DAYS,
        records={rep.rep_id: rep.record for rep in report.reps},
        fairness=report.fairness,
        conversions=conversions(session, now - horizon - YEAR, now, horizon),
    )


def conversions(
    session: Session, since: datetime, now: datetime, horizon: timedelta
) -> dict[str, Conversion]:
    """Converted against expected by salesperson, of leads handed out from ``since`` on that have
    had their time."""
    each = mature(now, horizon).where(Assignment.assigned_at >= since).subquery()
    counted: Any = select(
        each.c.rep_id,
        func.count(),
        func.sum(each.c.converted),
        func.sum(each.c.probability),
    ).group_by(each.c.rep_id)
    rows = session.execute(counted)
    return {rep: ratio_of(leads, int(won), float(due)) for rep, leads, won, due in rows}


def late_by_rep(session: Session, now: datetime) -> dict[str, int]:
    """How many leads each has whose first touch is overdue."""
    late = (
        select(Assignment.rep_id, func.count())
        .where(
            Assignment.ended_at.is_(None),
            Assignment.first_touch_at.is_(None),
            Assignment.due_at <= now,
        )
        .group_by(Assignment.rep_id)
    )
    return dict(session.execute(late).tuples().all())
