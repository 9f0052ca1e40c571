"""What a lead has agreed to, over the API."""

from datetime import UTC, datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from leadflow.consent.log import Told, page_of_log, standings
from leadflow.consent.may_send import Policy, may_send_for_each
from leadflow.consent.suppressing import suppressions_of
from leadflow.consent.telling import tell
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.consent.schemas import (
    ConsentEventOut,
    ConsentIn,
    ConsentOut,
    PurposeOut,
    SuppressionOut,
)
from leadflow.gateway.http.callers import ReadsLeads, TellsFacts
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.security import named_by
from leadflow.leads.events.recording import happened_at
from leadflow.leads.service import get_lead
from leadflow.settings import get_settings

router = APIRouter(prefix="/leads/{lead_id}/consent", tags=["consent"], route_class=Keyed)


@router.get("", response_model=ConsentOut, summary="May this lead be written to?")
def read_consent(lead_id: str, caller: ReadsLeads) -> ConsentOut:
    """What counts for each purpose now, whether mail for it may go to the lead, and why not."""
    with unit_of_work() as session:
        return _counts(session, lead_id, datetime.now(UTC))


@router.get("/events", response_model=PageOut[ConsentEventOut], summary="What did it agree to?")
def read_consent_log(lead_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[ConsentEventOut]:
    """All that was ever said for and against being written to, the newest first; of leads that were
    merged into this one, too."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return PageOut.of(page_of_log(session, lead_id, paged).of(ConsentEventOut.of))


@router.post("", response_model=ConsentOut, status_code=201, summary="Tell of a yes or a no")
def record_consent(lead_id: str, body: ConsentIn, caller: TellsFacts) -> ConsentOut:
    """Append it to the log. A no counts from its moment on; it is undone only by a later yes whose
    evidence is as strong ([consent](consent.md))."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        now = datetime.now(UTC)
        told = Told(
            lead_id=lead_id,
            given=body.given,
            evidence=body.evidence,
            happened_at=happened_at(body.happened_at, now),
            by=named_by(session, caller, body.by),
            purpose=body.purpose,
            channel=body.channel,
            basis=body.lawful_basis or ("consent" if body.given else None),
            source="api",
            reference=body.reference,
        )
        tell(session, [told], now)
        return _counts(session, lead_id, now)


def _counts(session: Session, lead_id: str, now: datetime) -> ConsentOut:
    lead, policy = get_lead(session, lead_id), Policy.of(get_settings().marketing_without_consent)
    says = standings(session, [lead_id], now)[lead_id]
    refused = may_send_for_each(session, lead_id, "email", now, policy)
    purposes = [PurposeOut.of(name, counts, refused[name]) for name, counts in says.items()]
    kept = [SuppressionOut.of(one) for one in suppressions_of(session, lead)]
    return ConsentOut(lead_id=lead_id, purposes=purposes, suppressions=kept)
