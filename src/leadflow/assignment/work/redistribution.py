"""Open leads of whoever has left, or is away: back to the pool, for the next sweep."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
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
    team = [rep for rep in read_team(session, now).reps if not rep.is_fallback]
    left = [rep.rep_id for rep in team if not rep.active]
    away = [rep for rep in team if rep.active and rep.calendar and rep.calendar.away(now)]
    long = [rep.rep_id for rep in away if _days_away(rep, now) >= settings.assignment_absence_days]
    short = [rep.rep_id for rep in away if rep.rep_id not in long]
    return (
        _take(session, left, "left", now, touched_too=True)
        + _take(session, long, "absent", now, touched_too=True)
        + _take(session, short, "absent", now, touched_too=False)
    )


def _days_away(rep: RepSnapshot, now: datetime) -> int:
    """Length of the absence they are in, in days."""
    if rep.calendar is None:
        return 0
    today = now.astimezone(rep.calendar.zone).date()
    spans = [last - first for first, last in rep.calendar.absences if first <= today <= last]
    return max((span + timedelta(days=1)).days for span in spans) if spans else 0


def _take(session: Session, reps: Iterable[str], why: str, now: datetime, touched_too: bool) -> int:
    ids = list(reps)
    if not ids:
        return 0
    # Who has been talked to already is left alone for a day or two.
    which = Assignment.ended_at.is_(None) & Assignment.rep_id.in_(ids)
    if not touched_too:
        which &= Assignment.first_touch_at.is_(None)
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
