"""How many leads there are to learn from."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Interval, cast, exists, func, literal, select
from sqlalchemy.orm import Session

from features.training_moments import training_moments
from leadflow.leads.tables import Lead, LeadHistory, Outcome


def learnable(
    session: Session, now: datetime, horizon: timedelta, since: datetime | None = None
) -> tuple[int, int]:
    """How many leads could be learned from now (but not yet at ``since``), and how many of those
    converted."""
    moments = training_moments(now, horizon).subquery("moment")
    known = (Lead.known_from <= moments.c.as_of) | exists().where(
        LeadHistory.lead_id == moments.c.lead_id, LeadHistory.known_from <= moments.c.as_of
    )
    query = (
        select(func.count(), func.count().filter(converted_within(moments, horizon)))
        .select_from(moments)
        .join(Lead, Lead.id == moments.c.lead_id)
        .where(known)
    )
    if since is not None:
        query = query.where(moments.c.as_of > since - horizon)
    leads, converted = session.execute(query).one()
    return int(leads), int(converted)


def converted_within(moment: Any, horizon: timedelta) -> Any:
    """The condition that a lead converted within the horizon after a moment (a subquery of
    ``lead_id`` and ``as_of``)."""
    return exists().where(
        Outcome.lead_id == moment.c.lead_id,
        Outcome.outcome == "converted",
        Outcome.occurred_at > moment.c.as_of,
        Outcome.occurred_at <= moment.c.as_of + cast(literal(horizon), Interval),
    )
