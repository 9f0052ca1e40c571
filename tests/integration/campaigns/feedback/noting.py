"""Messages that were sent in tests, and telling what came back of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from leadflow.campaigns.feedback.noting import Noted, note
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.told import Told
from leadflow.campaigns.tables import CampaignMessage
from leadflow.consent.tables import Suppression
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from tests.integration.campaigns.running import STEPS, enrol, launch, sweep
from tests.integration.workflow import acting

SENT_AT = datetime.now(UTC) - timedelta(hours=2)


def sent(count: int, **others: Any) -> list[str]:
    """So many leads of a new campaign have each been sent a message; the ids of these, in their
    order."""
    launch(STEPS[:1], **others)
    leads = [acting.take(email=f"lead{number}@example.com") for number in range(count)]
    for lead in leads:
        enrol(lead)
    sweep()
    accept()
    with unit_of_work() as session:
        rows = select(CampaignMessage.lead_id, CampaignMessage.id)
        of = dict(session.execute(rows).tuples().all())
    return [of[lead] for lead in leads]


def accept() -> None:
    """The mail server has whatever is planned, for the addresses of today."""
    with unit_of_work() as session:
        planned = update(CampaignMessage).where(CampaignMessage.status == "planned")
        to = select(Lead.email_index).where(Lead.id == CampaignMessage.lead_id).scalar_subquery()
        accepted = {"status": "accepted", "sent_at": SENT_AT, "address_index": to}
        session.execute(planned.values(provider_id="re_" + CampaignMessage.id, **accepted))


def tell(*told: Told, later: timedelta = timedelta()) -> Noted:
    """Have this noted."""
    with unit_of_work() as session:
        now = datetime.now(UTC) + later
        return note(session, told, Bounds.of(get_settings()), now)


def happened(kind: Any, message: str, **others: Any) -> Told:
    """Something that happened an hour ago."""
    return Told(kind, SENT_AT + timedelta(hours=1), message_id=message, **others)


def state_of(message: str) -> tuple[str, str | None]:
    """What state a message is in, and why."""
    with unit_of_work() as session:
        row = session.get_one(CampaignMessage, message)
        return row.status, row.why


def suppressed() -> list[str]:
    """Why addresses are suppressed, one for each."""
    with unit_of_work() as session:
        return sorted(session.scalars(select(Suppression.reason)))
