"""The moments a model learns from: each lead once, at an age a lead may have when it is scored.

A lead scored at the moment it arrives has done nothing yet; one scored a month later has a history.
A model must have seen both, so each lead is looked at once, at an age drawn from its id. Leads that
had already ended at that age are left out, exactly as they are when open leads are scored. So are
leads that were merged into others: how they ended is told of these, and each person counts once.
"""

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Interval,
    Select,
    SQLColumnExpression,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.moments import as_of_literal
from features.store import leads, outcomes, quality_flags, reopened_losses

AGES_IN_DAYS = (0, 0, 2, 7, 14, 30, 45)


def training_moments(now: datetime, horizon: timedelta) -> Select[tuple[str, datetime]]:
    """``lead_id`` and ``as_of`` of every lead whose horizon has passed by ``now``."""
    as_of = _drawn_moment()
    ended = ended_at(as_of)
    return select(leads.c.id.label("lead_id"), as_of.label("as_of")).where(
        as_of + cast(literal(horizon), Interval) <= as_of_literal(now),
        leads.c.merged_into.is_(None),
        ~ended,
        ~flagged_at(now),
    )


def ended_at(
    moment: SQLColumnExpression[datetime], lead_id: SQLColumnExpression[str] = leads.c.id
) -> ColumnElement[bool]:
    """Whether the lead had ended at a moment: converted, or lost and not yet open again."""
    losses = reopened_losses
    lost_then = exists().where(
        losses.c.lead_id == lead_id, losses.c.lost_at <= moment, losses.c.reopened_at > moment
    )
    return or_(
        exists().where(outcomes.c.lead_id == lead_id, outcomes.c.occurred_at <= moment), lost_then
    )


def flagged_at(
    now: datetime, lead_id: SQLColumnExpression[str] = leads.c.id
) -> ColumnElement[bool]:
    """Whether the lead was flagged at a moment: what was learned then can be read again."""
    flags, moment = quality_flags, as_of_literal(now)
    return exists().where(
        flags.c.lead_id == lead_id,
        flags.c.flagged_at <= moment,
        flags.c.lifted_at.is_(None) | (flags.c.lifted_at > moment),
    )


def labels(
    moments: Select[tuple[str, datetime]], horizon: timedelta
) -> Select[tuple[str, datetime, bool, bool]]:
    """``lead_id``, ``as_of``, whether the lead converted within the horizon after it, and whether
    it ever did."""
    moment = moments.subquery("moment")
    return select(moment.c.lead_id, moment.c.as_of, *label_columns(moment, horizon))


def label_columns(
    moment: FromClause, horizon: timedelta
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """``converted`` and ``ever`` of rows with ``lead_id`` and ``as_of``: see ``labels``."""
    ever = and_(outcomes.c.lead_id == moment.c.lead_id, outcomes.c.outcome == "converted")
    within = and_(
        outcomes.c.occurred_at > moment.c.as_of,
        outcomes.c.occurred_at <= moment.c.as_of + cast(literal(horizon), Interval),
    )
    return (
        exists().where(ever, within).label("converted"),
        exists().where(ever).label("ever"),
    )


def _drawn_moment() -> ColumnElement[datetime]:
    draw = func.abs(cast(func.hashtext(leads.c.id), BigInteger)) % len(AGES_IN_DAYS)
    age = case(
        *((draw == place, timedelta(days=days)) for place, days in enumerate(AGES_IN_DAYS)),
        else_=timedelta(0),
    )
    return leads.c.created_at + cast(age, Interval)
