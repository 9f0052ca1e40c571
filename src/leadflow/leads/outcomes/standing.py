"""What holds of how a lead ended, out of everything that was ever said of it.

In whatever order things are said, what happened at which time decides; where two say something of
the same time, the one who said it last is right:

- A lead has one end until it is opened again. Another end said of that time corrects the first.
- Being opened again ends a loss: the lead was lost until then. A conversion it takes back.
- A lead that comes back by itself (an event, a rule) ends a loss only: a customer stays one.
- Rows of a file are each of one deal. A deal's next say replaces its last; among the deals of one
  file that were won and lost, the won one counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

What = Literal["converted", "lost", "reopened", "returned"]


@dataclass(frozen=True)
class Statement:
    """One thing said: ``turn`` is its place in the order of saying, ``deal`` a file's row."""

    said: What
    occurred_at: datetime
    dated: bool
    said_at: datetime
    turn: int
    source: str
    deal: str | None = None
    known_at: datetime | None = None
    value_minor: int | None = None
    value_currency: str | None = None

    @property
    def at(self) -> datetime:
        """Of which time it speaks: of when it was said, where it does not say."""
        return self.occurred_at if self.dated else self.said_at

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """The order of saying; rows of one file are said at once, and the later date counts."""
        return self.said_at, self.occurred_at, self.turn

    @property
    def opens(self) -> bool:
        """Whether it opens the lead, and not a single deal of a file."""
        return self.deal is None and self.said in ("reopened", "returned")


@dataclass(frozen=True)
class Ending:
    """How a lead ended, as all that was said of it together says."""

    outcome: What
    occurred_at: datetime
    source: str
    known_at: datetime
    value_minor: int | None = None
    value_currency: str | None = None


@dataclass(frozen=True)
class OutcomeStanding:
    """The end that counts, None where the lead is open; and when it was lost and came back."""

    ending: Ending | None
    losses: tuple[tuple[datetime, datetime], ...] = ()


def standing(statements: Iterable[Statement]) -> OutcomeStanding:
    """What holds, by everything that was said of one lead."""
    losses: list[tuple[datetime, datetime]] = []
    present: list[Statement] = []
    since: datetime | None = None
    for one in sorted(statements, key=lambda said: (said.at, *said.order)):
        if not one.opens:
            present.append(one)
            continue
        ending = _ending(present, since)
        lost = ending is not None and ending.outcome == "lost"
        if one.said == "returned" and not lost:
            continue
        if ending is not None and lost:
            # A file's row without a day may name one later than when it was said.
            losses.append((min(ending.occurred_at, one.at), one.at))
        present, since = [], one.at
    return OutcomeStanding(_ending(present, since), tuple(losses))


def _ending(said: Sequence[Statement], since: datetime | None) -> Ending | None:
    """The end among what was said of a time in which the lead was not opened again."""
    deals: dict[tuple[str, str | None], Statement] = {}
    for one in sorted(said, key=lambda each: each.order):
        deals[one.source, one.deal] = one
    sources: dict[tuple[str, bool], Statement] = {}
    for one in sorted(deals.values(), key=lambda each: (each.said == "converted", *each.order)):
        sources[one.source, one.deal is None] = one
    last = max(sources.values(), key=lambda each: each.order, default=None)
    if last is None or last.said == "reopened":
        return None
    same = [
        one
        for one in sorted(said, key=lambda each: each.order)
        if one.said == last.said
        and (None in (one.deal, last.deal) or (one.source, one.deal) == (last.source, last.deal))
    ]
    # What the last one leaves out stays as it was said before.
    when = next((one for one in reversed(same) if one.dated), same[0])
    worth = next((one for one in reversed(same) if one.value_minor is not None), last)
    at = when.occurred_at
    return Ending(
        outcome=last.said,
        occurred_at=when.said_at if since is not None and at < since else at,
        source=last.source,
        known_at=last.known_at or last.said_at,
        value_minor=worth.value_minor,
        value_currency=worth.value_currency,
    )
