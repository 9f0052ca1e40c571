"""Whether somebody wants to be written to, as of a moment, from all that was ever said of it.

A no stands until a later yes is as strong as it; in what order they came to be known says nothing.
While a no stands, nothing is wanted; else any yes counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Says = Literal["given", "withdrawn", "unknown"]


class Event(Protocol):
    """Something that was said for or against being written to, for one purpose and channel."""

    @property
    def given(self) -> bool: ...
    @property
    def strength(self) -> int: ...
    @property
    def happened_at(self) -> datetime: ...


@dataclass(frozen=True)
class ConsentStanding:
    """What counts, since when, and on how strong evidence; ``unknown`` where nothing was said."""

    says: Says = "unknown"
    since: datetime | None = None
    strength: int = 0


def standing(events: Iterable[Event], at: datetime) -> ConsentStanding:
    """What counts at a moment, of the events of one purpose and channel. Of a no and a yes at the
    same moment, the no counts."""
    heard = [event for event in events if event.happened_at <= at]
    undone_up_to, refusals = 0, list[Event]()
    for event in sorted(heard, key=lambda one: (one.happened_at, not one.given), reverse=True):
        if event.given:
            undone_up_to = max(undone_up_to, event.strength)
        elif event.strength > undone_up_to:
            refusals.append(event)
    if refusals:
        firmest = max(refusals, key=lambda one: (one.strength, one.happened_at))
        return ConsentStanding("withdrawn", firmest.happened_at, firmest.strength)
    consents = [event for event in heard if event.given]
    if not consents:
        return ConsentStanding()
    latest = max(consents, key=lambda one: (one.happened_at, one.strength))
    return ConsentStanding("given", latest.happened_at, latest.strength)
