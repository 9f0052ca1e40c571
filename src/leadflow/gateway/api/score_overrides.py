"""A person's score beside the model's: setting it, and taking it back."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.delegation import requester
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.assignments import hand_out
from leadflow.gateway.api.lead_answers import next_step, score_of
from leadflow.gateway.api.schemas import OverrideAnswer, OverrideOut
from leadflow.gateway.http.callers import Overrides
from leadflow.gateway.http.idempotency import IdempotencyKey, accept, finish, replay
from leadflow.gateway.http.security import named_by
from leadflow.leads.service import lock_lead
from leadflow.scoring.overrides.schemas import OverrideIn, Words
from leadflow.scoring.overrides.service import active_override, override, withdraw
from leadflow.scoring.serving.audit_entries import audit_score
from leadflow.scoring.serving.score import LeadNotScored, current_score, score_lead
from leadflow.scoring.tables import ScoreOverride
from leadflow.settings import get_settings

router = APIRouter(tags=["leads"])
WAITS = "The model's score counts until somebody agrees who may: {where}. Who asks cannot."


@router.post(
    "/leads/{lead_id}/score-override",
    response_model=OverrideAnswer,
    status_code=201,
    summary="Set a score yourself",
    responses={
        200: {"description": "It took the place of the one in force"},
        202: {"description": "It moves the score so far that a manager must agree first"},
    },
)
def override_score(
    lead_id: str,
    body: OverrideIn,
    request: Request,
    response: Response,
    caller: Overrides,
    idempotency_key: IdempotencyKey = None,
) -> OverrideAnswer:
    """Set a score beside the model's, with the reason. While it is active, it decides the lead's
    level and its place in the queue; the model goes on scoring beside it, and never learns from
    it. 202 where it moves the score so far that a manager must agree first."""
    scorer, settings = request.app.state.serving.current(), get_settings()
    with unit_of_work() as session:
        content = body.model_dump(mode="json", exclude_unset=True)
        delivery = accept(session, caller.id, idempotency_key, ["override", lead_id, content])
        if known := replay(delivery, response):
            made = session.get_one(ScoreOverride, known["override_id"])
            return _answer(session, made, datetime.now(UTC))
        lead = lock_lead(session, lead_id)
        now = datetime.now(UTC)
        try:
            current_score(session, lead_id)
        except LeadNotScored:
            audit_score(session, score_lead(session, scorer, lead_id, now, settings), caller.id)
        before = active_override(session, lead_id, now)
        by = requester(session, caller, body.override_by, now)
        made = override(session, lead_id, body, by, now, settings)
        in_force = active_override(session, lead_id, now)
        hand_out(session, lead, current_score(session, lead_id), now, in_force)
        finish(delivery, {"override_id": made.id}, now)
        if made.status == "waiting":
            response.status_code = 202
        elif before is not None:
            response.status_code = 200
        return _answer(session, made, now)


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
        return _answer(session, newest, now)


def _answer(session: Session, made: ScoreOverride, now: datetime) -> OverrideAnswer:
    score = score_of(session, made.lead_id, now)
    step = next_step(session, made.lead_id, score)
    if made.status == "waiting":
        step = WAITS.format(where=f"{get_settings().address}/console/approvals/{made.approval_id}")
    return OverrideAnswer(
        lead_id=made.lead_id, override=OverrideOut.of(made), score=score, next_step=step
    )
