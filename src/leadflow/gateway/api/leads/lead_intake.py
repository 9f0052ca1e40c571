"""Taking leads in: stored, scored, handed to somebody and answered in one request."""

from fastapi import APIRouter, Response

from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.api.leads.lead_answers import lead_answer
from leadflow.gateway.api.leads.schemas import LeadAnswer, LeadBrief
from leadflow.gateway.http.callers import CreatesLeads
from leadflow.gateway.http.idempotency import REPLAYED, IdempotencyKey
from leadflow.gateway.http.short_way import ShortWay
from leadflow.intake.keyed_requests import KeyedRequest
from leadflow.intake.leads import LeadSent
from leadflow.intake.senders import Sender
from leadflow.leads.schemas import LeadIn

router = APIRouter(tags=["leads"], route_class=ShortWay)


@router.post(
    "/leads",
    response_model=LeadAnswer | LeadBrief,
    status_code=201,
    summary="Take a lead in",
    responses={200: {"model": LeadAnswer | LeadBrief, "description": "It was known"}},
)
async def take_lead(
    body: LeadIn,
    intake: IntakeOf,
    caller: CreatesLeads,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Store the lead, score it, hand it to a salesperson where its rule does so at once: 201 for a
    new lead, 200 for one whose e-mail address is known and that was updated. Where no model can be
    loaded, the lead is stored, ``score`` is empty and follows later.

    Whoever may not read leads is answered the lead's id, score and level. Whoever may not edit them
    changes of a known lead only what is empty (``LEADFLOW_CREATE_MAY_CHANGE``)."""
    content = body.model_dump(mode="json", exclude_unset=True) if idempotency_key else None
    keyed = KeyedRequest.of(caller.id, idempotency_key, content)
    taken = await intake.leads.do(LeadSent(body, Sender(caller), keyed))
    # Written out here: to have it checked against its class again takes a fifth more time.
    return Response(
        lead_answer(taken, caller).model_dump_json(),
        201 if taken.created else 200,
        REPLAYED if taken.replayed else None,
        "application/json",
    )
