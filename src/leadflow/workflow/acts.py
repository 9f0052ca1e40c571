"""The act by which the outbox performs what a rule says."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.conditions.rule_actions import Cause
from leadflow.leads.tables import Lead
from leadflow.outbox.acts import Done, End, InDatabase, NothingDone, Order
from leadflow.outbox.lanes import RULES
from leadflow.workflow.catalogue import action_of
from leadflow.workflow.service import PERFORM

# Triggers that write what happens find here what it came of.
CAUSED_BY = text(
    "SELECT set_config('leadflow.caused_by', :firing, true), "
    "set_config('leadflow.depth', :depth, true)"
)


class ActionOrder(BaseModel):
    """One action of a firing, with what its rule says about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    firing_id: str
    rule_id: str
    lead_id: str
    depth: int
    action: str
    said: dict[str, Any]


def perform(session: Session, order: Order, payload: ActionOrder) -> End:
    """Do it; where the lead is gone, or there is nothing to do, say so."""
    if session.get(Lead, payload.lead_id) is None:
        return NothingDone("The lead is gone.")
    action = action_of(payload.action)
    try:
        said = action.params.model_validate(payload.said)
    except ValidationError:
        return NothingDone(f"{payload.action} no longer understands what the rule says.")
    marks = {"firing": payload.firing_id, "depth": str(payload.depth)}
    session.execute(CAUSED_BY, marks)
    cause = Cause(payload.rule_id, payload.lead_id, order.key, order.now)
    done = action.perform(session, order.settings, said, cause)
    if done.nothing is not None:
        return NothingDone(done.nothing, dict(done.result))
    return Done(dict(done.result))


PERFORM_ACTION = InDatabase(PERFORM, RULES, ActionOrder, perform)
