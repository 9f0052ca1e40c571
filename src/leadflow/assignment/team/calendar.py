"""The working time of single salespeople, read from the store."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Rep, RepAbsence
from leadflow.hours import Calendar, read_calendar


def calendar_of(session: Session, rep: Rep) -> Calendar:
    """Working hours and days off of one salesperson."""
    absences = session.execute(
        select(RepAbsence.first_day, RepAbsence.last_day).where(RepAbsence.rep_id == rep.id)
    )
    return read_calendar(rep.time_zone, rep.working_hours, absences.tuples().all())
