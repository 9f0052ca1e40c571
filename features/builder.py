"""The one query behind training, batch scoring and scoring one lead.

Given which leads as of which moments, it reads the profile known then and what had been done (and
learned of) by then. All leads, some leads or one lead are the same expression under another
condition, so training and serving cannot drift apart.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, cast, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, LateralFromClause

from features.activity import Aggregate, LastOfAll
from features.definition import Definition
from features.definitions import DEFINITIONS
from features.event_types import EventTypes
from features.moments import as_of_literal
from features.recorded import NOT_RECORDED, not_recorded
from features.store import PROFILE_COLUMNS, lead_events, lead_history, leads, source_records


def feature_query(
    moments: Select[Any], types: EventTypes, custom: Sequence[Definition] = ()
) -> Select[Any]:
    """Select ``lead_id``, ``as_of``, one column a feature, and ``not_recorded``.

    Args:
        moments: rows of ``lead_id`` and ``as_of``, each lead once.
        types: what each type of event counts as, and who does it.
        custom: features of a company's own (attributes, events), after the built-in ones.

    Leads that were not known yet at their moment are absent.
    """
    profile = profile_of(moments)
    definitions = (*DEFINITIONS, *custom)
    activity = activity_of(profile, needed_by(definitions), types)
    return features_of(profile, activity, definitions, profile.outerjoin(activity, true()))


def features_of(
    profile: FromClause, activity: FromClause, definitions: Sequence[Definition], joined: FromClause
) -> Select[Any]:
    """The features of each lead of a profile, given what it did; ``joined`` is both together."""
    columns = [
        definition.expression(profile, activity).label(definition.feature.name)
        for definition in definitions
    ]
    unknown = not_recorded().label(NOT_RECORDED.name)
    return select(profile.c.lead_id, profile.c.as_of, *columns, unknown).select_from(
        joined.outerjoin(source_records, source_records.c.source == profile.c.source)
    )


def profile_of(moments: Select[Any]) -> CTE:
    """What was known of each lead at its moment; who was not known yet is absent."""
    moment = moments.cte("moment")
    present = (
        select(
            leads.c.id.label("lead_id"),
            moment.c.as_of,
            leads.c.created_at,
            leads.c.source,
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
            leads.c.source,
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


def profile_now(as_of: datetime, *only: ColumnElement[bool]) -> FromClause:
    """What is known of each lead at a moment that is later than all that is known of it. ``only``:
    of which leads."""
    columns = [leads.c.created_at, leads.c.source, *_profile_columns(leads)]
    moment = as_of_literal(as_of).label("as_of")
    known = select(leads.c.id.label("lead_id"), moment, *columns)
    return known.where(*only).subquery("profile")


def _profile_columns(source: FromClause) -> list[ColumnElement[Any]]:
    columns = [source.c[name] for name in PROFILE_COLUMNS if name != "attributes"]
    # Unpacked once a lead: else PostgreSQL would decompress all attributes for each one it reads.
    unpacked = cast(source.c.attributes, JSONB).op("||")(cast(literal("{}"), JSONB))
    return [*columns, unpacked.label("attributes")]


def needed_by(definitions: Sequence[Definition]) -> tuple[Aggregate, ...]:
    """The aggregates over events that these features are made of, each once."""
    return tuple(dict.fromkeys(need for item in definitions for need in item.needs))


def activity_of(
    profile: FromClause,
    needed: Sequence[Aggregate | LastOfAll],
    types: EventTypes,
    only: ColumnElement[bool] | None = None,
) -> LateralFromClause:
    """What one lead did: counted lead by lead along the index of events, so that the work grows
    with the leads that are asked for and never with all events there are. ``only``: of other
    events than these nothing is needed."""
    query = (
        select(*(need.column(profile, types).label(need.name) for need in needed))
        .select_from(lead_events)
        .where(
            lead_events.c.lead_id == profile.c.lead_id,
            lead_events.c.occurred_at <= profile.c.as_of,
            lead_events.c.known_at <= profile.c.as_of,
        )
    )
    return (query if only is None else query.where(only)).lateral("activity")
