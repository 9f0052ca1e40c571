"""How many leads came in since a moment, and from where."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.reach import leads_of
from leadflow.database.ids import first_id
from leadflow.leads.tables import Lead


def arrivals(
    session: Session, rep_id: str | None, reach: Reach, since: datetime
) -> Sequence[Row[tuple[str, int]]]:
    """Each source with how many leads within reach it brought since then, the most first. Read by
    their ids, which say when they were made: what is older is not looked at."""
    return session.execute(
        select(Lead.source, func.count())
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .where(Lead.id >= first_id("lead", since), leads_of(session, rep_id, reach))
        .group_by(Lead.source)
        .order_by(func.count().desc(), Lead.source)
    ).all()
