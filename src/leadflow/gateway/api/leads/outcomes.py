"""Telling how leads ended."""

from fastapi import APIRouter, Response

from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.api.leads.lead_answers import next_step_for
from leadflow.gateway.api.leads.schemas import OutcomeAnswer
from leadflow.gateway.http.callers import TellsFacts
from leadflow.gateway.http.idempotency import Keyed, keyed, response_of, written
from leadflow.intake.keyed_requests import Answer
from leadflow.intake.outcomes import OutcomeTaken, OutcomeTold
from leadflow.intake.senders import Sender
from leadflow.leads.outcomes.telling import OutcomeIn

router = APIRouter(tags=["leads"], route_class=Keyed)


@router.post(
    "/leads/{lead_id}/outcomes",
    response_model=OutcomeAnswer,
    status_code=201,
    summary="Tell how a lead ended, correct that, or open it again",
    responses={200: {"model": OutcomeAnswer, "description": "It was known"}},
)
async def take_outcome(
    lead_id: str, body: OutcomeIn, intake: IntakeOf, caller: TellsFacts
) -> Response:
    """Store the outcome and free the lead's salesperson: 201 if the lead ends by it, ends in
    another way than it was known to, or is open again (`reopened`); 200 where it was known, and
    only what is said anew has changed. Everything said stays in the log; the next training learns
    from what holds. A loss that is opened again has been a loss until then; a conversion is taken
    back."""

    def answer(taken: OutcomeTaken) -> Answer:
        outcome, minor = taken.outcome, taken.outcome.value_minor
        said = OutcomeAnswer(
            lead_id=lead_id,
            outcome=outcome.outcome,
            occurred_at=outcome.occurred_at,
            value=None if minor is None else minor / 100,
            currency=outcome.value_currency,
            created=outcome.created,
            stands=outcome.stands,
            next_step=next_step_for(caller, taken.standing),
        )
        return written(said, 201 if outcome.created else 200)

    told = OutcomeTold(lead_id, body, Sender(caller), keyed=keyed(caller, answer))
    return response_of(answer(await intake.outcomes.do(told)))
