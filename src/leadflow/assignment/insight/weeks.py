"""Four figures of a week and of the week before, and what changed since yesterday; of all
salespeople, or of some."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.insight.performance_report import Conversion, ratio_of
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.reach import leads_of, reps_within
from leadflow.assignment.team.snapshot import read_team
from leadflow.assignment.team.track_record import followed
from leadflow.database.planning import by_index
from leadflow.leads.tables import Lead, Outcome

WEEK, DAY = timedelta(days=7), timedelta(days=1)
# Of more first words than these the newest tell the middle of them.
MOST_TOUCHES = 500


@dataclass(frozen=True)
class Week:
    """``came``: new leads; ``touch_minutes``: the middle of the working minutes from when a lead
    could be worked to the first word; ``accepted``: of the leads handed out, the share that was
    taken on; ``won``: of the leads whose time to buy ended in this week, those that had bought,
    against what their scores expected. None where there was nothing to count."""

    came: int
    touch_minutes: float | None
    accepted: float | None
    won: Conversion


@dataclass(frozen=True)
class Changes:
    """What happened within a day: leads that came in, were handed out, and how assignments ended,
    by the reason."""

    came: int
    handed_out: int
    ended: dict[str, int]


def week(
    session: Session,
    rep_id: str | None,
    reach: Reach,
    until: datetime,
    horizon: timedelta,
) -> Week:
    """The figures of the week before a moment, of what is within the caller's reach."""
    since = until - WEEK
    reps = reps_within(session, rep_id, reach)
    return Week(
        came(session, rep_id, reach, since, until),
        _touch_minutes(session, reps, since, until),
        _accepted(session, reps, since, until),
        _won(session, reps, since - horizon, until - horizon, horizon),
    )


def changes(session: Session, rep_id: str | None, reach: Reach, now: datetime) -> Changes:
    """What happened within the last day, of what is within the caller's reach. A lead has bought or
    is lost when it did or was, not when that was told here."""
    since = now - DAY
    reps = reps_within(session, rep_id, reach)
    of_lead = Outcome.lead_id == Assignment.lead_id
    handed = select(func.count()).where(Assignment.assigned_at >= since, _of(reps))
    ended = (
        select(Assignment.end_reason, func.count())
        .outerjoin(Outcome, of_lead & (Outcome.outcome == Assignment.end_reason))
        .where(Assignment.ended_at >= since, _of(reps))
        .where(or_(Outcome.occurred_at.is_(None), Outcome.occurred_at >= since))
        .group_by(Assignment.end_reason)
    )
    ways = {str(reason): count for reason, count in session.execute(ended).tuples()}
    new = came(session, rep_id, reach, since, now)
    return Changes(new, session.scalar(handed) or 0, ways)


def came(
    session: Session, rep_id: str | None, reach: Reach, since: datetime, until: datetime
) -> int:
    """How many leads came in to the company then, whenever they were stored here: what is imported
    from last year is no news."""
    within = Lead.created_at >= since, Lead.created_at < until
    query = select(func.count(Lead.id)).where(*within)
    if reach is not Reach.ALL:
        by_index(session)
        held = (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None)
        query = query.outerjoin(Assignment, held).where(leads_of(session, rep_id, reach))
    return session.scalar(query) or 0


def _of(reps: Collection[str] | None) -> ColumnElement[bool]:
    """Of an assignment: whether it is of one of these salespeople. All of them are named too: what
    is looked up by salesperson and moment has an index."""
    return Assignment.rep_id.in_(select(Rep.id) if reps is None else reps)


def _touch_minutes(
    session: Session, reps: Collection[str] | None, since: datetime, until: datetime
) -> float | None:
    began = func.coalesce(Assignment.clock_starts_at, Assignment.assigned_at)
    within = Assignment.first_touch_at >= since, Assignment.first_touch_at < until
    query = (
        select(Assignment.rep_id, began, Assignment.first_touch_at)
        .where(*within, _of(reps))
        .order_by(Assignment.first_touch_at.desc())
        .limit(MOST_TOUCHES)
    )
    found = session.execute(query).tuples().all()
    if not found:
        return None
    calendars = {rep.rep_id: rep.calendar for rep in read_team(session, until).reps}
    minutes = []
    for rep_id, start, touched in found:
        if touched is None:
            continue
        calendar = calendars.get(rep_id)
        if calendar is None:
            minutes.append(max(0.0, (touched - start) / timedelta(minutes=1)))
        else:
            minutes.append(calendar.minutes_between(start, touched))
    return median(minutes)


def _accepted(
    session: Session, reps: Collection[str] | None, since: datetime, until: datetime
) -> float | None:
    taken = or_(Assignment.accepted_at.is_not(None), Assignment.first_touch_at.is_not(None))
    within = Assignment.assigned_at >= since, Assignment.assigned_at < until
    query = select(func.count(), func.count().filter(taken)).where(*within, _of(reps))
    given, accepted = session.execute(query).one()
    return accepted / given if given else None


def _won(
    session: Session,
    reps: Collection[str] | None,
    since: datetime,
    until: datetime,
    horizon: timedelta,
) -> Conversion:
    within = Assignment.assigned_at >= since, Assignment.assigned_at < until
    # Worked out once: expectations are looked up, and both counted and added up.
    each = followed(horizon).where(*within, _of(reps)).cte("each").prefix_with("MATERIALIZED")
    query = select(
        func.count(),
        func.coalesce(func.sum(each.c.converted), 0),
        func.coalesce(func.sum(each.c.probability), 0.0),
    ).select_from(each)
    return ratio_of(*session.execute(query).one())
