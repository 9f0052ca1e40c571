"""The act ``call_webhook``: one endpoint is called once, because a rule or another room says so.

Rooms above this one may use ``messages.call`` in their own unit of work; those below enqueue the
act by its name, with a ``WebhookCall`` as its payload.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.endpoints.messages import EndpointDisabled, call
from leadflow.endpoints.service import NoEndpoint
from leadflow.outbox.acts import Done, End, InDatabase, NothingDone, Order
from leadflow.outbox.lanes import DECISIONS

ACT = "call_webhook"


class WebhookCall(BaseModel):
    """Which endpoint, by its name, of which lead, with which facts: ids, figures and states."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str
    lead_id: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)


def call_webhook(session: Session, order: Order, payload: WebhookCall) -> End:
    """Write the message; it is sent as all are. Nothing is done where the endpoint is gone."""
    try:
        told = call(session, payload.endpoint, payload.lead_id, payload.facts, order.key)
    except (NoEndpoint, EndpointDisabled) as error:
        return NothingDone(str(error))
    return Done({"message": told})


CALL = InDatabase(ACT, DECISIONS, WebhookCall, call_webhook)
