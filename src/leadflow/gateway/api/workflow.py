"""Workflow rules over the API: why a lead was treated as it was, and trying rules on the past."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.rules import content_of, described
from leadflow.gateway.http.callers import ReadsLeads, ReadsRules
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.leads.service import get_lead
from leadflow.rules.service import check_rules, read_rules
from leadflow.workflow import service
from leadflow.workflow.firing import Fired
from leadflow.workflow.trying import MOST, try_on_past

router = APIRouter(tags=["rules"], route_class=Keyed)
EXAMPLE: dict[str, Any] = {
    "rules": [
        {
            "rule_id": "form",
            "name": "Whoever sends a form is called",
            "on": ["lead.did.form_sent"],
            "conditions": {"level": {"operator": "in", "value": ["hot", "warm"]}},
            "actions": {"notify": {"to": ["owner"]}},
        }
    ]
}


class FiringAction(BaseModel):
    """An action of a rule, and what became of it."""

    action: str
    status: str = Field(
        description="As in the outbox: waiting, done, nothing_done …; asked_for: a run is to be "
        "started, and is not yet; limited or capped: not done; "
        "forgotten: done so long ago that no more is known."
    )
    why: str | None = Field(description="Why nothing was done, or what went wrong.")
    result: dict[str, Any]


class FiringOut(BaseModel):
    """A rule that fitted the lead as something happened."""

    id: str
    rule_id: str
    version: int | None = Field(description="Of the rules; null: those that came with Leadflow.")
    type: str = Field(description="What happened.")
    at: datetime
    acts_at: datetime | None = Field(description="When its hours begin; null: at once.")
    status: Literal["fired", "limited", "capped"]
    matched: dict[str, Any] = Field(description="The fields that the rule goes by, as they were.")
    actions: list[FiringAction]


class TriedOut(BaseModel):
    """A rule that would have fitted."""

    rule_id: str
    lead_id: str
    type: str
    at: datetime
    status: Literal["fired", "limited", "capped"]


class WorkflowTrialOut(BaseModel):
    """What rules would have done with what has happened."""

    events: int = Field(description="How many of the types that the rules act on were tried.")
    per_rule: dict[str, dict[str, int]] = Field(description="How often each, by status.")
    fired: list[TriedOut] = Field(description="The newest first, up to 1,000.")
    unseen: list[str] = Field(
        description="Types that are written only once rules in use act on them; none yet."
    )


@router.get(
    "/leads/{lead_id}/rules", response_model=PageOut[FiringOut], summary="Which rules acted on it?"
)
def why_of_lead(lead_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[FiringOut]:
    """Every workflow rule that fitted the lead as something happened, the newest first: what it
    went by, what it did, and what became of that."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return PageOut.of(service.why(session, lead_id, paged).of(_firing))


@router.post(
    "/rules/workflow/dry-run",
    response_model=WorkflowTrialOut,
    summary="Try workflow rules on what has happened",
    openapi_extra=described(EXAMPLE),
)
@limited(REPORTS)
def try_workflow_rules(
    caller: ReadsRules,
    content: Annotated[Any, Depends(content_of)],
    last: Annotated[int, Query(ge=1, le=MOST, description="Newest events to try.")] = 500,
) -> WorkflowTrialOut:
    """Hold rules against the newest events of the types they act on, with their leads as they stand
    now. Nothing is stored, and nothing is done."""
    with unit_of_work() as session:
        rules = read_rules(session, service.KIND, content)
        check_rules(session, service.KIND, rules)
        trial = try_on_past(session, rules, datetime.now(UTC), last)
    return WorkflowTrialOut(
        events=trial.events,
        per_rule=trial.per_rule,
        fired=[_tried(one) for one in trial.fired[:1000]],
        unseen=list(trial.unseen),
    )


def _firing(why: service.Why) -> FiringOut:
    said = {name: getattr(why.firing, name) for name in FiringOut.model_fields if name != "actions"}
    carried = [
        FiringAction(action=one.action, status=one.status, why=one.why, result=dict(one.result))
        for one in why.carried
    ]
    return FiringOut(**said, actions=carried)


def _tried(one: Fired) -> TriedOut:
    return TriedOut(
        rule_id=one.rule.rule_id,
        lead_id=one.event.lead_id,
        type=one.event.type,
        at=one.event.at,
        status=one.status,
    )
