"""Open leads of whoever has left, or is away: back to the pool, for the next sweep."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.assignment.team.snapshot import read_team
from leadflow.settings import Settings

ACTOR = "escalate_assignments"


def redistribute(session: Session, settings: Settings, now: datetime) -> int:
    """Take the leads from salespeople who are not active; from those who have the day off, the
    leads they have not got in touch with yet; and from those who are away for
    ``assignment_absence_days`` or longer, all of them. How many leads that were.

    The fallback owner keeps theirs: there is nobody behind them.
    """
    gone = _gone(session, settings, now)
    return sum(_take(session, which, why, now) for why, which in gone)


def anything_to_redistribute(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether ``redistribute`` would find a lead to take."""
    gone = [which for _, which in _gone(session, settings, now)]
    return bool(gone) and bool(session.scalar(select(exists().where(or_(*gone)))))


def _gone(
    session: Session, settings: Settings, now: datetime
) -> list[tuple[str, ColumnElement[bool]]]:
    """Why salespeople lose leads, and which of theirs; without reasons that hold for nobody."""
    team = [rep for rep in read_team(session, now).reps if not rep.is_fallback]
    left = [rep.rep_id for rep in team if not rep.active]
    away = [rep for rep in team if rep.active and rep.calendar and rep.calendar.away(now)]
    long = [rep.rep_id for rep in away if _days_away(rep, now) >= settings.assignment_absence_days]
    short = [rep.rep_id for rep in away if rep.rep_id not in long]
    # Who has been talked to already is left alone for a day or two.
    untouched = Assignment.first_touch_at.is_(None)
    reasons = (
        ("left", left, _leads_of(left)),
        ("absent", long, _leads_of(long)),
        ("absent", short, _leads_of(short) & untouched),
    )
    return [(why, which) for why, reps, which in reasons if reps]


def _leads_of(reps: Sequence[str]) -> ColumnElement[bool]:
    return Assignment.ended_at.is_(None) & Assignment.rep_id.in_(reps)


def _days_away(rep: RepSnapshot, now: datetime) -> int:
    """Length of the absence they are in, in days."""
    if rep.calendar is None:
        return 0
    today = now.astimezone(rep.calendar.zone).date()
    spans = [last - first for first, last in rep.calendar.absences if first <= today <= last]
    return max((span + timedelta(days=1)).days for span in spans) if spans else 0


def _take(session: Session, which: ColumnElement[bool], why: str, now: datetime) -> int:
    held = select(Assignment.id).where(which).with_for_update(skip_locked=True)
    taken = session.execute(
        update(Assignment)
        .where(Assignment.id.in_(held))
        .values(
            ended_at=func.greatest(now, Assignment.assigned_at), end_reason=why, next_step_at=None
        )
        .returning(Assignment.id, Assignment.lead_id)
        .execution_options(synchronize_session=False)
    ).all()
    session.add_all(
        AssignmentStep(
            assignment_id=row.id,
            lead_id=row.lead_id,
            at=now,
            kind="redistributed",
            actor=ACTOR,
            reason=why,
            detail={},
        )
        for row in taken
    )
    session.flush()
    return len(taken)
