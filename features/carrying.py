"""Carrying what was counted of a lead's events from one moment over to a later one.

Of a lead without news only what moves with time is looked at again. The rest of its aggregates is
as it was, whatever its profile has become since, as long as the moment from which on its company
counts (``counted_at``) is the same. Of a lead whose profile is as it was too, features stay as they
were, but for those that go by the moment or by anything else than profile and events.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CTE, Select, column, table, true
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.activity import Aggregate, Counted, LastDone, LastOfAll, days
from features.builder import activity_of, features_of, needed_by, profile_now, profile_of
from features.definition import Definition
from features.definitions import DEFINITIONS
from features.event_types import EventTypes
from features.store import PROFILE_COLUMNS, lead_events

AGGREGATES = "aggregate."
COUNTED_AT = "counted_at"
LAST_EVENT = LastOfAll("last_event_at")
DIALECT = dialect()  # type: ignore[no-untyped-call]


def carried_aggregates(custom: Sequence[Definition]) -> tuple[Aggregate | LastOfAll, ...]:
    """The aggregates that may be carried over: those that time alone does not change."""
    return tuple(need for need in _needed((*DEFINITIONS, *custom)) if not need.moves)


def aggregated_query(
    moments: Select[Any], types: EventTypes, custom: Sequence[Definition]
) -> Select[Any]:
    """``feature_query`` with a column more for each aggregate that may be carried over from it."""
    definitions = (*DEFINITIONS, *custom)
    profile = profile_of(moments)
    activity = activity_of(profile, _needed(definitions), types)
    joined = profile.outerjoin(activity, true())
    return _with_aggregates(profile, activity, definitions, joined)


def carried_query(
    moments: Select[Any], types: EventTypes, custom: Sequence[Definition], carried: FromClause
) -> Select[Any]:
    """The same of leads without news. ``carried``: a row for each, with ``lead_id`` and a column
    for each aggregate, by its name; of any other lead nothing is selected."""
    definitions = (*DEFINITIONS, *custom)
    profile = profile_of(moments)
    activity, joined = _carried_on(profile, _needed(definitions), types, carried)
    return _with_aggregates(profile, activity, definitions, joined)


def moving_definitions(custom: Sequence[Definition]) -> tuple[Definition, ...]:
    """The features that are looked at again of a lead whose profile and events are as they were:
    they go by the moment, or by what is kept in another table."""
    return tuple(item for item in (*DEFINITIONS, *custom) if item.moves or not _stays(item))


def moving_aggregates(custom: Sequence[Definition]) -> tuple[Aggregate | LastOfAll, ...]:
    """Those of the aggregates that may be carried over which moving features are made of."""
    return tuple(need for need in _needed(moving_definitions(custom)) if not need.moves)


def moving_query(
    as_of: datetime,
    types: EventTypes,
    custom: Sequence[Definition],
    carried: FromClause,
    *only: ColumnElement[bool],
) -> Select[Any]:
    """The moving features, and ``not_recorded``, of leads that are as they were.

    Args:
        carried: a row for each, with ``lead_id``, its ``place``, and a column for each moving
            aggregate.
        only: what is so of all of them, which saves looking at others.
    """
    definitions = moving_definitions(custom)
    profile = profile_now(as_of, *only)
    activity, joined = _carried_on(profile, _needed(definitions), types, carried)
    # Definitions ask for nothing but columns by their names.
    found = features_of(profile, cast("FromClause", activity), definitions, joined)
    return found.add_columns(carried.c.place)


def _stays(definition: Definition) -> bool:
    """Whether a feature's SQL is made of the profile and of aggregates alone."""
    known = (*PROFILE_COLUMNS, "as_of", "lead_id", "created_at", "source")
    profile = table("profile", *(column(name) for name in known))
    activity = table("activity", *(column(need.name) for need in definition.needs))
    said = str(definition.expression(profile, activity).compile(dialect=DIALECT)).lower()
    return not any(word in said for word in ("as_of", "select", "now()", "current_"))


def _carried_on(
    profile: FromClause,
    needed: Sequence[Aggregate | LastOfAll],
    types: EventTypes,
    carried: FromClause,
) -> "tuple[_Activity, FromClause]":
    """What leads did, carried over but for what moves with time; and the tables it comes from."""
    moving = [need for need in needed if need.moves]
    since = profile.c.as_of - days(_furthest(moving))
    # Of who has done nothing lately no event is looked for.
    lately = (carried.c[LAST_EVENT.name] > since) & (lead_events.c.occurred_at > since)
    anew = activity_of(profile, moving, types, lately)
    found = {need.name: (anew if need.moves else carried).c[need.name] for need in needed}
    joined = profile.join(carried, carried.c.lead_id == profile.c.lead_id).join(anew, true())
    return _Activity(found), joined


class _Activity:
    """Columns of two tables, as if they were of one."""

    def __init__(self, columns: Mapping[str, ColumnElement[Any]]) -> None:
        self.c = columns


def _with_aggregates(
    profile: CTE,
    activity: FromClause | _Activity,
    definitions: Sequence[Definition],
    joined: FromClause,
) -> Select[Any]:
    kept = [need.name for need in _needed(definitions) if not need.moves]
    # Definitions ask for nothing but columns by their names.
    features = features_of(profile, cast("FromClause", activity), definitions, joined)
    return features.add_columns(
        *(activity.c[name].label(aggregate_column(name)) for name in kept),
        profile.c.counted_at.label(aggregate_column(COUNTED_AT)),
    )


def aggregate_column(name: str) -> str:
    """What the column of an aggregate is called among those of features."""
    return AGGREGATES + name


def is_moment(need: Aggregate | LastOfAll) -> bool:
    """Whether an aggregate is a moment and no number."""
    return isinstance(need, LastDone | LastOfAll)


def _needed(definitions: Sequence[Definition]) -> tuple[Aggregate | LastOfAll, ...]:
    return (*needed_by(definitions), LAST_EVENT)


def _furthest(moving: Sequence[Aggregate | LastOfAll]) -> timedelta:
    spans = [need.within for need in moving if isinstance(need, Counted) and need.within]
    return max(spans, default=timedelta(days=1))
