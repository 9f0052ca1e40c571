"""Events as fields of conditions: ``events.NAME.count_30d`` and the like, of every type there is.

A type is asked with all that count as it, as features do.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Double,
    Text,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from leadflow.conditions.fields import AsOf, FieldFamily
from leadflow.conditions.problems import listed, nearest
from leadflow.conditions.values import ValueKind
from leadflow.leads.events.types import read_types
from leadflow.leads.tables import EventTypeRow, Lead, LeadEvent

PREFIX = "events."
LAST = "last_at"
# How far back each count looks; None: as far as there are events.
COUNTS: dict[str, timedelta | None] = {
    "count": None,
    "count_7d": timedelta(days=7),
    "count_30d": timedelta(days=30),
}
ASKED = (*COUNTS, LAST)


class _Seen(NamedTuple):
    """What was seen of one type of event of one lead: how often by ``COUNTS``, and when last."""

    counts: tuple[int, ...]
    last: datetime | None


NOTHING = _Seen((0,) * len(COUNTS), None)


def _known(session: Session) -> dict[str, str]:
    return {name: name for name in read_types(session).by_name}


def _kinds(name: str, known: Mapping[str, str] | None) -> tuple[ValueKind, ...] | str:
    kind, _, asked = name.partition(".")
    if asked not in ASKED:
        return f"Write events, the type and what is asked: {PREFIX}{kind}.{listed(ASKED)}."
    if known is not None and kind not in known:
        return f"There is no event type {kind!r}. {nearest(kind, known)}"
    return (ValueKind.MOMENT if asked == LAST else ValueKind.NUMBER,)


def _expression(name: str, kind: ValueKind, now: AsOf) -> ColumnElement[Any]:
    """Read along the index, and only of leads where a condition comes to it."""
    event_type, _, asked = name.partition(".")
    counted = select(EventTypeRow.name).where(
        or_(EventTypeRow.name == event_type, EventTypeRow.counts_as == event_type)
    )
    wanted = func.max(LeadEvent.occurred_at) if asked == LAST else cast(func.count(), Double)
    query = select(wanted).where(
        LeadEvent.lead_id == Lead.id, LeadEvent.occurred_at <= now, LeadEvent.type.in_(counted)
    )
    if (window := COUNTS.get(asked)) is not None:
        query = query.where(LeadEvent.occurred_at > now - literal(window))
    return query.correlate(Lead).scalar_subquery()


def _values(session: Session, lead_ids: Sequence[str], now: datetime) -> dict[str, dict[str, Any]]:
    """All types of all these leads in one walk along the index."""
    types, seen = read_types(session), _seen(session, lead_ids, now)
    counted = {name: types.counted_as(name) for name in types.by_name}
    return {
        lead_id: {
            f"{PREFIX}{name}.{asked}": value
            for name, kinds in counted.items()
            for asked, value in _together([seen[lead_id].get(kind, NOTHING) for kind in kinds])
        }
        for lead_id in lead_ids
    }


def _seen(
    session: Session, lead_ids: Sequence[str], now: datetime
) -> Mapping[str, dict[str, _Seen]]:
    at, moment = LeadEvent.occurred_at, literal(now, DateTime(timezone=True))
    counts = [
        func.count() if window is None else func.count().filter(at > moment - literal(window))
        for window in COUNTS.values()
    ]
    query = (
        select(LeadEvent.lead_id, LeadEvent.type, func.max(at), *counts)
        .where(LeadEvent.lead_id == any_(literal(list(lead_ids), ARRAY(Text))), at <= moment)
        .group_by(LeadEvent.lead_id, LeadEvent.type)
    )
    found: dict[str, dict[str, _Seen]] = defaultdict(dict)
    for lead_id, kind, last, *often in session.execute(query):
        found[lead_id][kind] = _Seen(tuple(often), last)
    return found


def _together(seen: Sequence[_Seen]) -> list[tuple[str, Any]]:
    counts = [float(sum(column)) for column in zip(*(one.counts for one in seen), strict=True)]
    last = max((one.last for one in seen if one.last is not None), default=None)
    return [*zip(COUNTS, counts, strict=True), (LAST, last)]


EVENTS = FieldFamily(
    prefix=PREFIX,
    known=_known,
    kinds=_kinds,
    expression=_expression,
    is_empty=lambda name, now: _expression(name, ValueKind.NUMBER, now).is_(None),
    values=_values,
)
