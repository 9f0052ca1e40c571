"""Reading where a lead stands, and changing what is known of it."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.api.leads import lead_answers
from leadflow.gateway.api.leads.schemas import (
    LeadBrief,
    LeadStatus,
    LeadView,
    ScoreExplained,
    ScoreOut,
    StepUp,
)
from leadflow.gateway.http.callers import DeletesLeads, EditsLeads, ReadsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.versions import IfMatch, say_version
from leadflow.intake.deleting import delete_lead
from leadflow.intake.edits import Edit
from leadflow.intake.senders import Sender
from leadflow.intake.standings import standing_of
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.tables import Lead
from leadflow.scoring.serving.score import LeadNotScored, steps_up

router = APIRouter(tags=["leads"], route_class=Keyed)


@router.get("/leads/{lead_id}", response_model=LeadView, summary="Read a lead")
def read_lead(lead_id: str, request: Request, caller: ReadsLeads) -> LeadView:
    """The lead as it is stored, its score with the reasons, and what happens next."""
    with unit_of_work() as session:
        standing = standing_of(session, lead_id, datetime.now(UTC))
        say_version(request, lead_answers.lead_version(standing.lead))
        return lead_answers.lead_view(standing)


@router.get("/leads/{lead_id}/score", response_model=ScoreExplained, summary="Why this score?")
def read_score(lead_id: str, request: Request, caller: ReadsLeads) -> ScoreExplained:
    """The model's score with its reasons and all its points, a person's score beside it where there
    is one, and what a person could do to raise it."""
    scorer, now = request.app.state.serving.current(), datetime.now(UTC)
    with unit_of_work() as session:
        standing = standing_of(session, lead_id, now)
        if standing.score is None:
            raise LeadNotScored(lead_id)
        score = ScoreOut.of(standing.score, standing.override, standing.ai)
        return ScoreExplained(
            **dict(score),
            contributions=standing.score.contributions,
            would_raise=[
                StepUp(advice=step.advice, points=step.points, feature=step.feature)
                for step in steps_up(session, scorer, lead_id, now)
            ],
        )


@router.get(
    "/leads/{lead_id}/status", response_model=LeadStatus, summary="Where does a lead stand?"
)
def lead_status(lead_id: str, caller: ReadsLeads) -> LeadStatus:
    """The lead's score, its salesperson and why that one, its outcome, and what happens next."""
    with unit_of_work() as session:
        return lead_answers.lead_status(standing_of(session, lead_id, datetime.now(UTC)))


@router.patch("/leads/{lead_id}", response_model=LeadView | LeadBrief, summary="Change a lead")
async def change_lead(
    lead_id: str, body: LeadEdit, intake: IntakeOf, seen: IfMatch, caller: EditsLeads
) -> LeadView | LeadBrief:
    """Change the fields that are sent and score the lead anew. Fields that are not sent stay as
    they are, null empties one, attributes are merged by name."""

    def still(lead: Lead) -> bool:
        return seen.is_of_any or seen.allows(lead_answers.lead_version(lead))

    standing = await intake.edits.do(Edit(lead_id, body, Sender(caller), still))
    return lead_answers.changed_lead(standing, caller)


@router.delete("/leads/{lead_id}", status_code=204, summary="Delete a lead")
def erase_lead(lead_id: str, seen: IfMatch, caller: DeletesLeads) -> None:
    """Delete the lead for good, with its history, events, outcomes, scores, notes, tasks, tags and
    assignments, and with the leads that were merged into it. Nothing brings it back. An address
    that is suppressed stays so; what a system goes on sending of the lead makes a new one."""

    def still(lead: Lead) -> None:
        if not seen.is_of_any:
            seen.check(lead_answers.lead_version(lead))

    with unit_of_work() as session:
        delete_lead(session, lead_id, caller.id, still)
