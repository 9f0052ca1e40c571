"""What workflow rules can start: a deployment, through the outbox."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.conditions.rule_actions import Cause, DoneBy, RuleAction
from leadflow.integrations.flow_acts import START
from leadflow.outbox.service import enqueue
from leadflow.settings import Settings


class StartParams(BaseModel):
    """The deployment that is started, and what its run is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deployment: str = Field(min_length=1, max_length=200, description="Such as train_model.")
    parameters: dict[str, Any] = Field(default={}, description="As the flow takes them.")
    with_lead: bool = Field(default=False, description="Give the run `lead_id` too.")


def start(session: Session, settings: Settings, said: StartParams, cause: Cause) -> DoneBy:
    """Have a run started once this is committed; once for each firing."""
    parameters = dict(said.parameters)
    if said.with_lead:
        parameters["lead_id"] = cause.lead_id
    payload = {
        "deployment": said.deployment,
        "parameters": parameters,
        "key": cause.key,
        "tags": [f"rule:{cause.rule_id}"],
    }
    key = f"{cause.key}:start"
    enqueue(session, START.name, key, payload)
    return DoneBy({"deployment": said.deployment}, asked_for=key)


RULE_ACTIONS = (RuleAction("start", StartParams, start),)
