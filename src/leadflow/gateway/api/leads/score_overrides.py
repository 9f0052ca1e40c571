"""A person's score beside the model's: setting it, and taking it back."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.api.leads.lead_answers import next_step_for, score_for
from leadflow.gateway.api.leads.schemas import OverrideAnswer, OverrideOut
from leadflow.gateway.http.callers import Overrides
from leadflow.gateway.http.idempotency import Keyed, keyed, response_of, written
from leadflow.gateway.http.security import named_by
from leadflow.intake.keyed_requests import Answer
from leadflow.intake.overrides import OverrideAsked, OverrideTaken
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding, standing_of
from leadflow.scoring.overrides.schemas import OverrideIn, Words
from leadflow.scoring.overrides.service import withdraw
from leadflow.scoring.serving.score import LeadNotScored
from leadflow.scoring.tables import ScoreOverride
from leadflow.settings import get_settings

router = APIRouter(tags=["leads"], route_class=Keyed)
WAITS = "The model's score counts until somebody agrees who may: {where}. Who asks cannot."


@router.post(
    "/leads/{lead_id}/score-override",
    response_model=OverrideAnswer,
    status_code=201,
    summary="Set a score yourself",
    responses={
        200: {
            "model": OverrideAnswer,
            "description": "It took the place of the one in force",
        },
        202: {
            "model": OverrideAnswer,
            "description": "It moves the score so far that a manager must agree first",
        },
    },
)
async def override_score(
    lead_id: str, body: OverrideIn, intake: IntakeOf, caller: Overrides
) -> Response:
    """Set a score beside the model's, with the reason. While it is active, it decides the lead's
    level and its place in the queue; the model goes on scoring beside it, and never learns from
    it. 202 where it moves the score so far that a manager must agree first."""

    def answer(taken: OverrideTaken) -> Answer:
        waits = taken.override.status == "waiting"
        status = 202 if waits else 200 if taken.replaced else 201
        return written(_answer(taken.override, taken.standing, caller), status)

    asked = OverrideAsked(lead_id, body, Sender(caller), keyed(caller, answer))
    return response_of(answer(await intake.overrides.do(asked)))


@router.delete(
    "/leads/{lead_id}/score-override",
    response_model=OverrideAnswer,
    summary="Let the model's score count again",
)
def withdraw_override(
    lead_id: str,
    caller: Overrides,
    by: Annotated[
        Words | None,
        Query(max_length=200, description="Who takes it back; else you."),
    ] = None,
) -> OverrideAnswer:
    """Withdraw the override in force and the one that waits for a manager. 404 if there is none."""
    with unit_of_work() as session:
        now = datetime.now(UTC)
        withdrawn = withdraw(session, lead_id, named_by(session, caller, by), now)
        newest = max(withdrawn, key=lambda made: made.created_at)
        return _answer(newest, standing_of(session, lead_id, now), caller)


def _answer(made: ScoreOverride, standing: LeadStanding, caller: Actor) -> OverrideAnswer:
    score, step = score_for(caller, standing), next_step_for(caller, standing)
    if score is None:
        raise LeadNotScored(made.lead_id)
    if made.status == "waiting":
        step = WAITS.format(where=f"{get_settings().address}/console/approvals/{made.approval_id}")
    return OverrideAnswer(
        lead_id=made.lead_id, override=OverrideOut.of(made), score=score, next_step=step
    )
