"""Taking leads in: stored, scored, handed to somebody and answered in one request."""

from fastapi import APIRouter, Response

from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.api.leads.lead_answers import lead_answer
from leadflow.gateway.api.leads.schemas import LeadAnswer, LeadBrief
from leadflow.gateway.http.callers import CreatesLeads
from leadflow.gateway.http.idempotency import keyed, response_of, written
from leadflow.gateway.http.short_way import ShortWay
from leadflow.intake.keyed_requests import Answer
from leadflow.intake.leads import LeadSent, LeadTaken
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
async def create_lead(body: LeadIn, intake: IntakeOf, caller: CreatesLeads) -> Response:
    """Store the lead, score it, hand it to a salesperson where its rule does so at once: 201 for a
    new lead, 200 for one whose e-mail address is known and that was updated. Where no model can be
    loaded, the lead is stored, ``score`` is empty and follows later.

    Whoever may not read leads is answered the lead's id, score and level. Whoever may not edit them
    changes of a known lead only what is empty (``LEADFLOW_CREATE_MAY_CHANGE``)."""

    def answer(taken: LeadTaken) -> Answer:
        return written(lead_answer(taken, caller), 201 if taken.created else 200)

    sent = LeadSent(body, Sender(caller), keyed(caller, answer))
    return response_of(answer(await intake.leads.do(sent)))
