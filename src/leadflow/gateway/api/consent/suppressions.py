"""Addresses that nobody writes to, over the API."""

from datetime import UTC, datetime

from fastapi import APIRouter

from leadflow.consent.suppressing import page_of_suppressions, release, suppress, suppress_lead
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.consent.schemas import ReleaseIn, SuppressionIn, SuppressionOut
from leadflow.gateway.http.callers import ReadsSuppressions, WritesSuppressions
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.leads.service import get_lead

router = APIRouter(prefix="/suppressions", tags=["consent"], route_class=Keyed)


@router.get("", response_model=PageOut[SuppressionOut], summary="Which addresses are suppressed?")
def read_suppressions(caller: ReadsSuppressions, paged: Paged) -> PageOut[SuppressionOut]:
    """The newest first. They are kept by keyed hash: those of a lead's address are in
    `GET /leads/{lead_id}/consent`."""
    with unit_of_work() as session:
        return PageOut.of(page_of_suppressions(session, paged).of(SuppressionOut.of))


@router.post("", response_model=SuppressionOut, status_code=201, summary="Suppress an address")
def suppress_address(body: SuppressionIn, caller: WritesSuppressions) -> SuppressionOut:
    """Have nobody write to it from now on, whichever lead has it. One that is suppressed for this
    reason already stays as it is."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        if body.lead_id is not None:
            lead = get_lead(session, body.lead_id)
            return SuppressionOut.of(suppress_lead(session, lead, body.reason, caller.id, now))
        address = str(body.email)
        return SuppressionOut.of(suppress(session, address, body.reason, caller.id, now))


@router.delete("/{suppression_id}", status_code=204, summary="Release an address")
def release_suppression(suppression_id: str, body: ReleaseIn, caller: WritesSuppressions) -> None:
    """Let it be written to again, as far as nothing else speaks against it: what the log of consent
    says still counts. The reason goes into the audit log."""
    with unit_of_work() as session:
        release(session, suppression_id, body.reason, caller.id)
