"""Use case: take outcomes of leads in, corrections of them too; their salespeople are free for
others, leads that are open again are handed out anew, and training learns from what holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from leadflow.assignment.routing.ends import end_closed
from leadflow.intake.audit_notes import note
from leadflow.intake.keyed_requests import KeyedBatch, KeyedRequest
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding, standings
from leadflow.leads.outcomes.telling import OutcomeIn, Recorded, record_outcomes
from leadflow.leads.said import OUTCOME
from leadflow.leads.said import note as said_now
from leadflow.leads.service import LeadNotFound, lock_standing
from leadflow.settings import Settings


@dataclass(frozen=True)
class OutcomeTold:
    """How one lead ended or that it is open again, and who says so; ``door``: where they say it;
    ``keyed`` where it may be sent again."""

    lead_id: str
    outcome: OutcomeIn
    sender: Sender
    door: str = "api"
    keyed: KeyedRequest | None = None


@dataclass(frozen=True)
class OutcomeTaken:
    """What was told, as it holds now, and where the lead stands."""

    standing: LeadStanding
    outcome: Recorded


def take_outcomes(
    session: Session, told: Sequence[OutcomeTold], settings: Settings
) -> list[OutcomeTaken | Exception]:
    """Store outcomes and free the salespeople of their leads: what came of each, in order, or
    why it was not taken (``LeadNotFound``, ``LeadMerged``, ``KeyReused``, ``AnsweredBefore``). An
    outcome that is known changes only what is said anew; another one corrects it, and ``reopened``
    has the lead open again, for the next sweep to hand out.

    Raises:
        MomentInFuture: one of them lies more than five minutes ahead; nothing was stored.
    """
    batch = KeyedBatch(session, [one.keyed for one in told])
    leads, merged = lock_standing(session, sorted({one.lead_id for one in told}))
    now, currency = datetime.now(UTC), settings.default_currency
    stored: dict[int, Recorded] = {}
    for door in sorted({one.door for one in told}):
        places = [
            place
            for place in batch.fresh
            if told[place].lead_id in leads and told[place].door == door
        ]
        said = [(told[place].lead_id, told[place].outcome) for place in places]
        by = [told[place].sender.actor.id for place in places]
        recorded = record_outcomes(session, said, now, currency, by, door)
        stored |= dict(zip(places, recorded, strict=True))
    end_closed(session, now, list(leads))
    for lead_id in {told[place].lead_id for place in stored}:
        leads[lead_id].said = leads[lead_id].said | {OUTCOME: said_now(now)}
    for place, made in stored.items():
        before, after = {"outcome": made.before}, {"outcome": made.outcome}
        lead_id = told[place].lead_id
        note(session, told[place].sender, "lead.outcome_told", lead_id, before=before, after=after)
    where = standings(session, list(leads), now)
    return batch.answers(
        {
            place: OutcomeTaken(where[told[place].lead_id], stored[place])
            if place in stored
            else merged.get(told[place].lead_id) or LeadNotFound(told[place].lead_id)
            for place in batch.fresh
        }
    )
