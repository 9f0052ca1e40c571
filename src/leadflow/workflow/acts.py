"""The act by which the outbox does what a rule says."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session

from leadflow.conditions.rule_actions import Cause, DoneBy
from leadflow.leads import changes
from leadflow.leads.tables import Lead
from leadflow.outbox.acts import Done, End, InDatabase, NothingDone, Order
from leadflow.outbox.lanes import RULES
from leadflow.workflow.catalogue import action_of
from leadflow.workflow.service import PERFORM


class Said(BaseModel):
    """An action, and what the rule says about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str
    said: Any


class Firing(BaseModel):
    """The actions of one firing, in their order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    firing_id: str
    rule_id: str
    lead_id: str
    depth: int
    actions: tuple[Said, ...]


def perform(session: Session, order: Order, payload: Firing) -> End:
    """Do all of it in one transaction, one after the other, so that an action finds what those
    before it did; what became of each is kept. Where there was nothing to do, that is said."""
    if session.get(Lead, payload.lead_id) is None:
        return NothingDone("The lead is gone.")
    changes.say_cause(session, changes.Cause(payload.firing_id, payload.depth))
    told = {}
    for one in payload.actions:
        cause = Cause(payload.rule_id, payload.lead_id, f"{order.key}:{one.action}", order.now)
        done = _do(session, order, one, cause)
        told[one.action] = {"nothing": done.nothing, "result": dict(done.result)}
        if done.asked_for is not None:
            told[one.action]["asked_for"] = done.asked_for
    if any(each["nothing"] is None for each in told.values()):
        return Done(told)
    return NothingDone(
        " ".join(dict.fromkeys(str(each["nothing"]) for each in told.values())), told
    )


def _do(session: Session, order: Order, one: Said, cause: Cause) -> DoneBy:
    action = action_of(one.action)
    try:
        said = action.params.model_validate(one.said)
    except ValidationError:
        return DoneBy({}, f"{one.action} no longer understands what the rule says.")
    done = action.perform(session, order.settings, said, cause)
    session.flush()
    return done


PERFORM_RULE = InDatabase(PERFORM, RULES, Firing, perform)
