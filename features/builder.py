"""The one query behind training, batch scoring and scoring one lead.

Given which leads as of which moments, it reads the profile known then and what had been done (and
learned of) by then. All leads, some leads or one lead are the same expression under another
condition, so training and serving cannot drift apart.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    DateTime,
    Interval,
    Select,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, LateralFromClause

from features.definitions import DEFINITIONS, Definition
from features.store import PROFILE_COLUMNS, REP_EVENTS, lead_events, lead_history, leads


def feature_query(moments: Select[Any], attributes: Sequence[Definition] = ()) -> Select[Any]:
    """Select ``lead_id``, ``as_of`` and one column a feature.

    Args:
        moments: rows of ``lead_id`` and ``as_of``, each lead once.
        attributes: custom attributes to add to the built-in features.

    Leads that were not known yet at their moment are absent.
    """
    profile = _profile(moments)
    activity = _activity(profile)
    columns = [
        definition.expression(profile, activity).label(definition.feature.name)
        for definition in (*DEFINITIONS, *attributes)
    ]
    return select(profile.c.lead_id, profile.c.as_of, *columns).select_from(
        profile.outerjoin(activity, true())
    )


def _profile(moments: Select[Any]) -> CTE:
    moment = moments.cte("moment")
    present = (
        select(
            leads.c.id.label("lead_id"),
            moment.c.as_of,
            leads.c.created_at,
            *_profile_columns(leads),
        )
        .join_from(moment, leads, leads.c.id == moment.c.lead_id)
        .where(leads.c.known_from <= moment.c.as_of)
    )
    past = (
        select(
            lead_history.c.lead_id,
            moment.c.as_of,
            leads.c.created_at,
            *_profile_columns(lead_history),
        )
        .join_from(moment, lead_history, lead_history.c.lead_id == moment.c.lead_id)
        .join(leads, leads.c.id == lead_history.c.lead_id)
        .where(
            lead_history.c.known_from <= moment.c.as_of,
            lead_history.c.known_until > moment.c.as_of,
        )
    )
    return union_all(present, past).cte("profile")


def _profile_columns(source: FromClause) -> list[ColumnElement[Any]]:
    columns = [source.c[name] for name in PROFILE_COLUMNS if name != "attributes"]
    # Unpacked once a lead: else PostgreSQL would decompress all attributes for each one it reads.
    unpacked = cast(source.c.attributes, JSONB).op("||")(cast(literal("{}"), JSONB))
    return [*columns, unpacked.label("attributes")]


def _activity(profile: CTE) -> LateralFromClause:
    """What one lead did: counted lead by lead along the index of events, so that the work grows
    with the leads that are asked for and never with all events there are."""
    happened = lead_events.c.occurred_at

    def count(event: str, condition: ColumnElement[bool] | None = None) -> ColumnElement[int]:
        wanted = lead_events.c.type == event
        return func.count().filter(wanted if condition is None else wanted & condition)

    since_counted = happened > func.coalesce(
        profile.c.counted_at, cast(literal("-infinity"), DateTime(timezone=True))
    )
    this_week = happened > profile.c.as_of - cast(literal("7 days"), Interval)
    return (
        select(
            count("website_visit", since_counted).label("visits_since"),
            count("content_download", since_counted).label("downloads_since"),
            count("email_open", since_counted).label("opens_since"),
            count("website_visit", this_week).label("recent_visits"),
            count("pricing_view").label("pricing_views"),
            count("form_sent").label("forms_sent"),
            count("email_click").label("email_clicks"),
            count("email_reply").label("email_replies"),
            count("meeting").label("meetings"),
            func.max(happened).filter(~lead_events.c.type.in_(REP_EVENTS)).label("last_active_at"),
        )
        .select_from(lead_events)
        .where(
            lead_events.c.lead_id == profile.c.lead_id,
            happened <= profile.c.as_of,
            lead_events.c.known_at <= profile.c.as_of,
        )
        .lateral("activity")
    )
