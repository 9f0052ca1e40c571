"""Leads come in: from a request, a batch of requests, a CRM; one is a list of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.intake.decide import News, decide
from leadflow.intake.keyed_requests import Inbox, KeyedRequest, KeyReused
from leadflow.intake.senders import Sender
from leadflow.intake.standings import Standing, standings
from leadflow.leads.schemas import LeadIn
from leadflow.leads.updating import MayChange
from leadflow.leads.upsert import upsert_leads
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer


@dataclass(frozen=True)
class LeadSent:
    """A lead as somebody sends it; ``keyed`` where it may be sent again."""

    lead: LeadIn
    sender: Sender
    keyed: KeyedRequest | None = None


@dataclass(frozen=True)
class LeadTaken:
    """Where the lead stands, whether it is new, and whether this was taken at an earlier time."""

    standing: Standing
    created: bool = False
    replayed: bool = False


def take_leads(
    session: Session, sent: Sequence[LeadSent], scorer: "Scorer | None", settings: Settings
) -> list[LeadTaken | Exception]:
    """Store leads, score them, write that to the audit log and hand them out: what came of each, in
    their order, or the error of one that is wrong by itself (``KeyReused``).

    A lead is the one with its e-mail address or (source, external_id) where there is one.

    Raises:
        LeadKeepsChanging, ScoresKeepChanging: others were writing the same leads; send them again.
    """
    inbox = Inbox(session, [one.keyed for one in sent])
    answers: dict[int, LeadTaken | Exception] = {}
    earlier: dict[int, str] = {}
    fresh: list[int] = []
    first: dict[tuple[str, str], int] = {}
    for place, one in enumerate(sent):
        try:
            result = inbox.result(place)
        except KeyReused as error:
            answers[place] = error
            continue
        key = None if one.keyed is None else (one.keyed.source, one.keyed.key)
        if result is not None:
            earlier[place] = str(result["lead_id"])
        elif key is None or first.setdefault(key, place) == place:
            fresh.append(place)
    now = datetime.now(UTC)
    may_change = [_may_change(sent[place].sender, settings) for place in fresh]
    stored = upsert_leads(session, [sent[place].lead for place in fresh], now, may_change)
    news = [
        News(kept.lead, sent[place].sender, kept.created)
        for place, kept in zip(fresh, stored, strict=True)
    ]
    # After the locks: later than any score that was given while this waited for a lead.
    where = decide(session, _created_first(news), scorer, datetime.now(UTC), settings)
    for place, kept in zip(fresh, stored, strict=True):
        inbox.finish(place, {"lead_id": kept.lead.id}, now)
        answers[place] = LeadTaken(where[kept.lead.id], kept.created)
    again = {p: inbox.result(p) for p in range(len(sent)) if p not in answers and p not in earlier}
    earlier |= {place: str(result["lead_id"]) for place, result in again.items() if result}
    known = standings(session, list(earlier.values()), now)
    for place, lead_id in earlier.items():
        answers[place] = LeadTaken(known[lead_id], replayed=True)
    return [answers[place] for place in range(len(sent))]


def _may_change(sender: Sender, settings: Settings) -> MayChange:
    """Whoever may edit leads changes those that are known by sending them again."""
    return "all" if sender.actor.reach("lead.edit") is not None else settings.create_may_change


def _created_first(news: Sequence[News]) -> list[News]:
    """One piece of news a lead: a lead that is sent twice in a batch is new if it was at first."""
    created = {one.lead.id for one in news if one.created}
    return [News(one.lead, one.sender, one.lead.id in created) for one in news]
