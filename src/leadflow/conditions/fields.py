"""Fields that conditions name: one of every lead, or one of a family such as ``attributes.NAME``.

Rooms declare fields as values of these classes; the rules put them together into one catalogue.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, literal
from sqlalchemy.orm import Session

from leadflow.conditions.values import ValueKind, Values

# The moment that counts as now, as SQL: a value, or a parameter of a statement that is kept.
AsOf = ColumnElement[datetime]
Expression = Callable[[AsOf], ColumnElement[Any]]


def as_of(now: datetime | AsOf) -> AsOf:
    """The moment (aware) as SQL."""
    return literal(now, DateTime(timezone=True)) if isinstance(now, datetime) else now


@dataclass(frozen=True)
class RowsAtHand:
    """Rows that have been read already: a lead, its score and the override in force, where it has
    them; and the moment that counts as now."""

    lead: Any
    score: Any
    override: Any
    now: datetime


@dataclass(frozen=True)
class Field:
    """A field of every lead: its name, its kind, and its SQL as of a moment over the leads with
    their scores. Numbers are ``double precision``.

    ``values`` are all that a text of it can be; None where it can be any.

    ``at_hand`` is the same value out of rows that have been read; None where only the store knows.
    """

    name: str
    kind: ValueKind
    expression: Expression
    at_hand: Callable[[RowsAtHand], Any] | None = None
    values: Values | None = None


@dataclass(frozen=True)
class FieldFamily:
    """Fields that share a prefix and whose names are in the store: ``attributes.`` and a name.

    In all of these a name stands without the prefix, except in what ``values`` and ``at_hand``
    return, which are values by whole name.

    Args:
        known: what names there are, each with what the family needs to say its kind.
        kinds: what a field may be read as, or in words why there is none of this name; without
            the known names, any that could be one is taken.
        expression: the field's SQL, read as a kind, NULL where it is missing or of another.
        is_empty: whether the field has no value, as SQL that is never NULL.
        at_hand: the values of a lead, out of rows that have been read; or, where only the store
            knows them,
        values: those of these leads as of a moment, by lead id.
        of_events: these are fields of what has just happened, which only rules on that know.
    """

    prefix: str
    known: Callable[[Session], Mapping[str, str]]
    kinds: Callable[[str, Mapping[str, str] | None], tuple[ValueKind, ...] | str]
    expression: Callable[[str, ValueKind, AsOf], ColumnElement[Any]]
    is_empty: Callable[[str, AsOf], ColumnElement[bool]]
    at_hand: Callable[[RowsAtHand], Mapping[str, Any]] | None = None
    values: Callable[[Session, Sequence[str], datetime], Mapping[str, Mapping[str, Any]]] | None = (
        None
    )
    of_events: bool = False
