"""Acts that carry out what was approved: all of them in one transaction with the approval."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.outbox.acts import Done, End, InDatabase, NothingDone, Order
from leadflow.outbox.lanes import DECISIONS
from leadflow.settings import Settings

CarryOut = Callable[[Session, Settings, dict[str, Any], datetime], dict[str, Any]]


class ApprovedPayload(BaseModel):
    """The approval, and what it was asked with."""

    model_config = ConfigDict(extra="allow", frozen=True)

    approval_id: str


def approved_act(name: str, carry_out: CarryOut) -> InDatabase[ApprovedPayload]:
    """The act of this name. ``carry_out`` gives the session to ``approvals.service.carry_out``
    and returns its result; where the approval is void by then, nothing is done."""

    def perform(session: Session, order: Order, payload: ApprovedPayload) -> End:
        result = carry_out(session, order.settings, payload.model_dump(), order.now)
        if "void" in result:
            return NothingDone(f"The approval is void: {result['void']}")
        return Done(result)

    return InDatabase(name, DECISIONS, ApprovedPayload, perform)
