"""What tests declare beside the rooms: an act that leaves no trace, actions of any kind."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.outbox.acts import Done, End, InDatabase, Order
from leadflow.outbox.lanes import DECISIONS


class AnyActions(BaseModel):
    """Whatever a rule says it does; what that means is another room's matter."""

    model_config = ConfigDict(extra="allow", frozen=True)


class AnyPayload(BaseModel):
    """Whatever an act is given."""

    model_config = ConfigDict(extra="allow", frozen=True)


def _nothing(session: Session, order: Order, payload: Any) -> End:
    return Done()


PAINT = InDatabase("paint", DECISIONS, AnyPayload, _nothing)
