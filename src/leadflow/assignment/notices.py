"""Notices to salespeople and their managers about leads: written here, sent by the outbox."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from leadflow.outbox.service import enqueue_many

NOTIFY = "notify_rep"
MOST_NAMED = 20
What = Literal[
    "assigned",
    "handed_on",
    "rule",
    "watched",
    "reminded",
    "escalated",
    "offered",
    "unroutable",
    "stale",
]
To = Literal["rep", "team_lead", "manager"]


@dataclass(frozen=True)
class Notice:
    """``to``: the salesperson themselves, or who stands above them; None where there is nobody
    whom it could be about. Of many leads the first 20 are named."""

    what: What
    rep_id: str | None
    to: To
    lead_ids: Sequence[str]
    occasion: str

    @property
    def key(self) -> str:
        """Once for the same occasion, however often it is written."""
        return f"{self.what}:{self.occasion}:{self.rep_id}:{self.to}"

    @property
    def payload(self) -> dict[str, object]:
        """What the act ``notify_rep`` is given."""
        return {
            "what": self.what,
            "rep_id": self.rep_id,
            "to": self.to,
            "lead_ids": sorted(self.lead_ids)[:MOST_NAMED],
            "leads": len(self.lead_ids),
        }


def tell(session: Session, notices: Iterable[Notice]) -> None:
    """Have notices sent after this transaction, one mail each."""
    acts = [(one.key, one.payload) for one in notices if one.lead_ids]
    enqueue_many(session, NOTIFY, acts)


class Gathered:
    """Notices of one occasion: each person gets one of a kind, about all its leads."""

    def __init__(self, occasion: str) -> None:
        self._occasion = occasion
        self._leads: dict[tuple[What, str, To], list[str]] = defaultdict(list)

    def add(self, what: What, rep_id: str, to: To, lead_id: str) -> None:
        """One more lead that somebody is told of."""
        self._leads[what, rep_id, to].append(lead_id)

    def tell(self, session: Session) -> None:
        """Have them sent after this transaction. Of two batches of one moment both are told."""
        tell(
            session,
            (
                Notice(what, rep_id, to, leads, f"{self._occasion}:{min(leads)}")
                for (what, rep_id, to), leads in self._leads.items()
            ),
        )


@dataclass(frozen=True)
class Handed:
    """A lead that was handed out: to whom, its level, and whether its rule tells the manager."""

    lead_id: str
    rep_id: str
    level: str | None
    tells_manager: bool


def tell_of_assignments(session: Session, occasion: str, handed: Iterable[Handed]) -> None:
    """Each salesperson of the hot leads they got, and their manager of leads whose rule says so;
    one notice for all leads of a batch."""
    hot, ruled = defaultdict(list), defaultdict(list)
    for one in handed:
        if one.level == "hot":
            hot[one.rep_id].append(one.lead_id)
        if one.tells_manager:
            ruled[one.rep_id].append(one.lead_id)
    told = [Notice("assigned", rep_id, "rep", leads, occasion) for rep_id, leads in hot.items()]
    told += [Notice("rule", rep_id, "manager", leads, occasion) for rep_id, leads in ruled.items()]
    tell(session, told)
