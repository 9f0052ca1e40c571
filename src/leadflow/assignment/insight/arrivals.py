"""How many leads came in since a moment, and from where."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.reach import leads_of
from leadflow.database.planning import by_index
from leadflow.leads.tables import Lead


def arrivals(
    session: Session, rep_id: str | None, reach: Reach, since: datetime
) -> Sequence[Row[tuple[str, int]]]:
    """Each source with how many leads within reach came in there since then, whenever they were
    stored here, the most first."""
    by_index(session)
    return session.execute(
        select(Lead.source, func.count())
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .where(Lead.created_at >= since, leads_of(session, rep_id, reach))
        .group_by(Lead.source)
        .order_by(func.count().desc(), Lead.source)
    ).all()
