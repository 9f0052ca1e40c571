"""A page of a journal, as its source says what stands where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from leadflow.sources.accepting import LONGEST_ID
from leadflow.sources.journals.definitions import Journal
from leadflow.sources.journals.odd_items import item_body, read_leniently, says_twice
from leadflow.sources.journals.problems import ReadingFailed
from leadflow.sources.paths import Around, Follower, PathFailed
from leadflow.sources.texts import NotAValue, as_text

MOST_ITEMS = 5_000
LONGEST_NEXT = 4_000


@dataclass(frozen=True)
class Item:
    """One item. ``id`` or ``time`` None: it does not say any. ``body``: the item as JSON, its keys
    in order, so that the same item is the same body."""

    id: str | None
    time: datetime | None
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Page:
    """``next``: what leads to the page after it; None: it is the last."""

    items: tuple[Item, ...]
    next: str | None = field(repr=False)


def read_page(journal: Journal, answered: bytes, now: datetime) -> Page:
    """The page that was answered.

    Raises:
        ReadingFailed: it is none.
    """
    try:
        body = read_leniently(answered)
    except (ValueError, RecursionError):
        raise ReadingFailed("not_json") from None
    follower = Follower(Around(body, {}, now))
    try:
        listed = follower.follow(journal.items, body)
    except PathFailed:
        raise ReadingFailed("no_items") from None
    if not isinstance(listed, list):
        raise ReadingFailed("not_json" if says_twice(body, []) else "no_items")
    if says_twice(body, listed):
        raise ReadingFailed("not_json")
    if len(listed) > MOST_ITEMS:
        raise ReadingFailed("too_many_items")
    return Page(tuple(_items(journal, follower, listed)), _next(journal, follower, body))


def _items(journal: Journal, follower: Follower, listed: list[Any]) -> Iterable[Item]:
    for item in listed:
        said = _text(follower, journal.id, item)
        fits = said is not None and 0 < len(said) <= LONGEST_ID and said.isprintable()
        moment = _moment(_text(follower, journal.time, item))
        yield Item(said if fits else None, moment, item_body(item))


def _next(journal: Journal, follower: Follower, body: Any) -> str | None:
    if journal.next is None:
        return None
    try:
        found = follower.follow(journal.next, body)
        said = None if found is False else as_text(found, None)
    except (PathFailed, NotAValue):
        raise ReadingFailed("bad_next") from None
    if said is not None and (len(said) > LONGEST_NEXT or not said.isprintable()):
        raise ReadingFailed("bad_next")
    return said or None


def _text(follower: Follower, path: str, item: Any) -> str | None:
    try:
        return as_text(follower.follow(path, item), None)
    except (PathFailed, NotAValue):
        return None


def _moment(said: str | None) -> datetime | None:
    """The moment of an ISO 8601 text; one without its zone, or a bare number, could be several."""
    try:
        moment = datetime.fromisoformat(said or "")
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
