"""Aggregates over a lead's events up to a moment.

A feature names the aggregates it needs; the builder computes each once, in one walk along the
index. An aggregate goes by what a type of event counts as, never by the type alone.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import DateTime, Interval, cast, func, literal
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.event_types import EventTypes
from features.store import lead_events

BEFORE_ALL = cast(literal("-infinity"), DateTime(timezone=True))


@dataclass(frozen=True)
class Counted:
    """How often something happened that counts as a type.

    ``since_reported``: only after the company last reported its own count of it. ``within``: only
    so long before the moment.
    """

    name: str
    counts_as: str
    since_reported: bool = False
    within: timedelta | None = None

    @property
    def moves(self) -> bool:
        """Whether it changes as time goes by, though nothing happens."""
        return self.within is not None

    def column(self, profile: FromClause, types: EventTypes) -> ColumnElement[int]:
        """The aggregate over ``lead_events`` of one lead of ``profile``."""
        happened, wanted = lead_events.c.occurred_at, is_one_of(types.counted_as(self.counts_as))
        if self.since_reported:
            wanted &= happened > func.coalesce(profile.c.counted_at, BEFORE_ALL)
        if self.within is not None:
            wanted &= happened > profile.c.as_of - days(self.within)
        return func.count().filter(wanted)


@dataclass(frozen=True)
class LastDone:
    """When the lead last did something that counts as a type; None: anything at all."""

    name: str
    counts_as: str | None = None

    @property
    def moves(self) -> bool:
        """Never: when something happened stays, only how long ago it was does not."""
        return False

    def column(self, profile: FromClause, types: EventTypes) -> ColumnElement[object]:
        """The aggregate over ``lead_events`` of one lead of ``profile``."""
        last = func.max(lead_events.c.occurred_at)
        if self.counts_as is not None:
            return last.filter(is_one_of(types.counted_as(self.counts_as)))
        return last.filter(~is_one_of(types.of_reps)) if types.of_reps else last


@dataclass(frozen=True)
class LastOfAll:
    """When anything last happened with the lead, whoever did it."""

    name: str

    @property
    def moves(self) -> bool:
        """Never, as with ``LastDone``."""
        return False

    def column(self, profile: FromClause, types: EventTypes) -> ColumnElement[object]:
        """The aggregate over ``lead_events`` of one lead of ``profile``."""
        return func.max(lead_events.c.occurred_at)


Aggregate = Counted | LastDone


def days(span: timedelta) -> ColumnElement[timedelta]:
    """Whole days as SQL knows them."""
    return cast(literal(f"{span // timedelta(days=1)} days"), Interval)


def is_one_of(types: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether an event is of one of these types. They are constants of the statement: looking each
    event's type up would cost more than counting it."""
    kind = lead_events.c.type
    return kind == types[0] if len(types) == 1 else kind.in_(types)
