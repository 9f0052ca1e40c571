"""Taking a lead in: stored, scored, handed to somebody and answered in one request."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.assignments import hand_out
from leadflow.gateway.api.lead_answers import lead_answer, new_lead_answer
from leadflow.gateway.api.schemas import LeadAnswer
from leadflow.gateway.http.callers import CreatesLeads
from leadflow.gateway.http.idempotency import IdempotencyKey, accept, finish, replay
from leadflow.leads.schemas import LeadIn
from leadflow.leads.service import upsert_lead
from leadflow.scoring.overrides.service import active_override
from leadflow.scoring.serving.audit_entries import audit_score
from leadflow.scoring.serving.score import score_lead
from leadflow.settings import get_settings

router = APIRouter(tags=["leads"])


@router.post("/leads", response_model=LeadAnswer, status_code=201, summary="Take a lead in")
def take_lead(
    body: LeadIn,
    request: Request,
    response: Response,
    caller: CreatesLeads,
    idempotency_key: IdempotencyKey = None,
) -> LeadAnswer | Response:
    """Store the lead, score it, hand it to a salesperson where its rule does so at once: 201 for a
    new lead, 200 for one whose e-mail address is known and that was updated."""
    scorer = request.app.state.serving.current()
    now = datetime.now(UTC)
    with unit_of_work() as session:
        content = body.model_dump(mode="json", exclude_unset=True) if idempotency_key else None
        delivery = accept(session, caller.id, idempotency_key, content)
        if known := replay(delivery, response):
            return lead_answer(session, known["lead_id"], False, now)
        lead, created = upsert_lead(session, body, now, mark=False)
        # Later than the fact, and than any score given while this request waited for the lead.
        as_of = max(datetime.now(UTC), lead.known_from)
        score = score_lead(session, scorer, lead.id, as_of, get_settings())
        override = None if created else active_override(session, lead.id, as_of)
        audit_score(session, score, caller.id, new_lead=created)
        # Last: others wait until this transaction ends.
        owner = hand_out(session, lead, score, as_of, override)
        finish(delivery, {"lead_id": lead.id}, now)
        response.status_code = 201 if created else 200
        if created:
            # Written out here: to have it checked against its class again takes a fifth more time.
            answer = new_lead_answer(lead, score, owner).model_dump_json()
            return Response(answer, 201, media_type="application/json")
        return lead_answer(session, lead.id, False, now)
