"""Use case: take outcomes of leads in; their salespeople are free for others, and training learns
from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from leadflow.assignment.routing.sweep import end_closed
from leadflow.intake.audit_notes import note
from leadflow.intake.senders import Sender
from leadflow.intake.standings import Standing, standings
from leadflow.leads.outcomes import OutcomeIn, record_outcome
from leadflow.leads.said import OUTCOME
from leadflow.leads.said import note as said_now
from leadflow.leads.service import LeadNotFound, lock_leads
from leadflow.leads.tables import Outcome
from leadflow.settings import Settings


@dataclass(frozen=True)
class OutcomeTold:
    """How one lead ended, and who says so."""

    lead_id: str
    outcome: OutcomeIn
    sender: Sender


@dataclass(frozen=True)
class OutcomeTaken:
    """The stored outcome, whether it is new, and where the lead stands."""

    standing: Standing
    outcome: Outcome
    created: bool


def take_outcomes(
    session: Session, told: Sequence[OutcomeTold], settings: Settings
) -> list[OutcomeTaken | Exception]:
    """Store outcomes and free the salespeople of their leads: what came of each, in order, or
    ``LeadNotFound``. An outcome that is known changes only what is said anew.

    Raises:
        MomentInFuture: one of them lies more than five minutes ahead; nothing was stored.
    """
    leads = lock_leads(session, sorted({one.lead_id for one in told}))
    now = datetime.now(UTC)
    stored = {
        place: record_outcome(session, one.lead_id, one.outcome, now, settings.default_currency)
        for place, one in enumerate(told)
        if one.lead_id in leads
    }
    end_closed(session, now, list(leads))
    for lead_id in {told[place].lead_id for place in stored}:
        leads[lead_id].said = leads[lead_id].said | {OUTCOME: said_now(now)}
    for place, (outcome, _) in stored.items():
        said = {"outcome": outcome.outcome}
        note(session, told[place].sender, "lead.outcome_told", told[place].lead_id, after=said)
    where = standings(session, list(leads), now)
    return [
        OutcomeTaken(where[one.lead_id], *stored[place])
        if place in stored
        else LeadNotFound(one.lead_id)
        for place, one in enumerate(told)
    ]
