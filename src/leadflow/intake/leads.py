"""Leads come in: from a request, a batch of requests, a CRM; one is a list of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.intake.decide import News, decide
from leadflow.intake.keyed_requests import KeyedBatch, KeyedRequest
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding
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
    """Where the lead stands, and whether it is new."""

    standing: LeadStanding
    created: bool = False


def take_leads(
    session: Session, sent: Sequence[LeadSent], scorer: "Scorer | None", settings: Settings
) -> list[LeadTaken | Exception]:
    """Store leads, score them, write that to the audit log and hand them out: what came of each, in
    their order, or why it was not taken (``KeyReused``, ``AnsweredBefore``).

    A lead is the one with its e-mail address or (source, external_id) where there is one.

    Raises:
        LeadKeepsChanging, ScoresKeepChanging: others were writing the same leads; send them again.
    """
    batch = KeyedBatch(session, [one.keyed for one in sent])
    fresh = batch.fresh
    now = datetime.now(UTC)
    may_change = [_may_change(sent[place].sender, settings) for place in fresh]
    stored = upsert_leads(session, [sent[place].lead for place in fresh], now, may_change)
    news = [
        News(kept.lead, sent[place].sender, kept.created)
        for place, kept in zip(fresh, stored, strict=True)
    ]
    # After the locks: later than any score that was given while this waited for a lead.
    where = decide(session, _created_first(news), scorer, datetime.now(UTC), settings)
    return batch.answers(
        {
            place: LeadTaken(where[kept.lead.id], kept.created)
            for place, kept in zip(fresh, stored, strict=True)
        }
    )


def _may_change(sender: Sender, settings: Settings) -> MayChange:
    """Whoever may edit leads changes those that are known by sending them again."""
    return "all" if sender.actor.reach("lead.edit") is not None else settings.create_may_change


def _created_first(news: Sequence[News]) -> list[News]:
    """One piece of news a lead: a lead that is sent twice in a batch is new if it was at first."""
    created = {one.lead.id for one in news if one.created}
    return [News(one.lead, one.sender, one.lead.id in created) for one in news]
