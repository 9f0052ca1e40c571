"""Lists read page by page along what they are in order by: a page begins where the one before it
ended, so that what comes in meanwhile is on no page twice and leaves nothing out, and the last page
costs no more than the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    cast,
    literal,
    literal_column,
    or_,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from leadflow.paging import cursors
from leadflow.paging.cursors import Place

T = TypeVar("T")
U = TypeVar("U")
USUAL, MOST = 100, 1000


@dataclass(frozen=True)
class Key:
    """One of the values a list is in order by, never NULL; the last of them is unique."""

    value: ColumnElement[Any] | InstrumentedAttribute[Any]
    descending: bool = False


@dataclass(frozen=True)
class Wanted:
    """The page that is wanted: how much, and after which cursor; None: the first."""

    limit: int = USUAL
    cursor: str | None = None


FIRST = Wanted()
EVERYTHING = Wanted(2**31 - 2)
NEVER = literal_column("'infinity'::timestamptz", DateTime(timezone=True))
"""Later than every moment: in the place of one that there is not."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list; ``next`` is the cursor of the part after it, None where there is none."""

    items: list[T]
    next: str | None

    def of(self, made: Callable[[T], U]) -> "Page[U]":
        """The page with something made of each item."""
        return Page([made(item) for item in self.items], self.next)


def read_page(
    session: Session,
    statement: Select[Any],
    keys: Sequence[Key],
    query: Sequence[object],
    wanted: Wanted,
) -> Page[Any]:
    """One page of what a statement selects, in the order of the keys: rows, or where it selects
    one thing only, that.

    Args:
        statement: without order and limit.
        query: what makes it this list and no other: its name, and all that narrows it down.

    Raises:
        CursorRefused: the cursor is not one of this query.
    """
    return read_kept(session, statement, keys, query, wanted, lambda items: items)


def read_kept(
    session: Session,
    statement: Select[Any],
    keys: Sequence[Key],
    query: Sequence[object],
    wanted: Wanted,
    kept: Callable[[list[Any]], Sequence[T | None]],
) -> Page[T]:
    """One page of what is kept of what a statement selects, where PostgreSQL cannot say what that
    is: rows are read until a page of it is full.

    Args:
        kept: of each of these things what is kept of it; None: nothing.

    Raises:
        CursorRefused: the cursor is not one of this query.
    """
    place = None if wanted.cursor is None else cursors.read(wanted.cursor, query)
    found: list[tuple[T, Place]] = []
    more = True
    while more and len(found) <= wanted.limit:
        rows = session.execute(after(statement, keys, place).limit(wanted.limit + 1)).all()
        more = len(rows) > wanted.limit
        places = [tuple(row[-len(keys) :]) for row in rows]
        things = [row[0] if len(row) == len(keys) + 1 else row[: -len(keys)] for row in rows]
        found += [
            (one, at) for one, at in zip(kept(things), places, strict=True) if one is not None
        ]
        place = places[-1] if places else place
    page = found[: wanted.limit]
    following = cursors.written(query, page[-1][1]) if len(found) > wanted.limit else None
    return Page([one for one, _ in page], following)


def page_of(
    items: Sequence[T], key: Callable[[T], str], query: Sequence[object], wanted: Wanted
) -> Page[T]:
    """One page of a list that is read whole, of different keys, in their order.

    Raises:
        CursorRefused: the cursor is not one of this query.
    """
    ordered = sorted(items, key=key)
    if wanted.cursor is not None:
        (last,) = cursors.read(wanted.cursor, query)
        ordered = [item for item in ordered if key(item) > str(last)]
    kept = ordered[: wanted.limit]
    more = len(ordered) > wanted.limit
    return Page(kept, cursors.written(query, (key(kept[-1]),)) if more else None)


def after(statement: Select[Any], keys: Sequence[Key], place: Place | None) -> Select[Any]:
    """The statement in the order of the keys, from after a place on, with the place of each row
    behind its columns."""
    written = (cast(key.value, Text).label(f"place_{at}") for at, key in enumerate(keys))
    placed = statement.add_columns(*written)
    if place is not None:
        placed = placed.where(beyond(keys, place))
    return placed.order_by(*(in_order(key) for key in keys))


def in_order(key: Key) -> ColumnElement[Any]:
    """What a list is ordered by for a key."""
    return key.value.desc() if key.descending else key.value.asc()


def beyond(keys: Sequence[Key], place: Place) -> ColumnElement[bool]:
    """Whether a row comes after a place."""
    bounds = [
        cast(literal(said, Text), key.value.type) for key, said in zip(keys, place, strict=True)
    ]
    if len({key.descending for key in keys}) == 1:
        # Of a row as a whole, which PostgreSQL looks up in an index of these columns.
        own, last = tuple_(*(key.value for key in keys)), tuple_(*bounds)
        return own < last if keys[0].descending else own > last
    first = [key.value == bound for key, bound in zip(keys, bounds, strict=True)]
    return or_(
        *(
            and_(*first[:at], key.value < bounds[at] if key.descending else key.value > bounds[at])
            for at, key in enumerate(keys)
        )
    )
