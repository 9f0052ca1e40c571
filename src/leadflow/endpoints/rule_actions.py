"""What workflow rules can call: an endpoint, which is told of the lead."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.conditions.rule_actions import Cause, DoneBy, RuleAction
from leadflow.endpoints.messages import EndpointDisabled, call
from leadflow.endpoints.service import NoEndpoint, read_endpoint
from leadflow.settings import Settings


class CallParams(BaseModel):
    """Which endpoint is called, and what it is told besides the lead's id and the rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: Annotated[str, Field(min_length=1, max_length=63)]
    facts: dict[str, Any] = Field(default={}, description="Ids, figures and states of yours.")


def call_endpoint(session: Session, settings: Settings, said: CallParams, cause: Cause) -> DoneBy:
    """Have it called, signed and tried again as every message is."""
    facts = {**said.facts, "rule": cause.rule_id}
    try:
        told = call(session, said.endpoint, cause.lead_id, facts, cause.key)
    except (NoEndpoint, EndpointDisabled) as error:
        return DoneBy({}, str(error))
    return DoneBy({"message": told})


def _unknown(session: Session, said: CallParams) -> list[str]:
    try:
        read_endpoint(session, said.endpoint)
    except NoEndpoint as error:
        return [str(error)]
    return []


RULE_ACTIONS = (RuleAction("call_webhook", CallParams, call_endpoint, problems=_unknown),)
