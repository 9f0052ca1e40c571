"""The act that tells Prefect of a model that has drifted, for automations to react to."""

from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict

from leadflow.integrations.prefect import PrefectClient
from leadflow.outbox.acts import Done, End, Order, Outside
from leadflow.outbox.lanes import FLOW_STARTS

CHECKED, DRIFTED = "leadflow.model.checked", "leadflow.model.drifted"


class ModelMoved(BaseModel):
    """What serves, and why it should be trained anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    serving: str
    check: str
    reason: str


def tell_of_drift(order: Order, payload: ModelMoved) -> End:
    """Emit ``leadflow.model.checked`` and, after it, ``leadflow.model.drifted`` of the resource
    ``leadflow.model.NAME``. Emitted twice, each has the same id."""
    client, resource = PrefectClient(order.settings), f"leadflow.model.{payload.model}"
    told = {"serving": payload.serving, "check": payload.check, "reason": payload.reason}
    checked = str(uuid5(NAMESPACE_URL, f"leadflow:{order.key}:checked"))
    drifted = str(uuid5(NAMESPACE_URL, f"leadflow:{order.key}"))
    client.emit(CHECKED, resource, told, checked, order.now)
    client.emit(DRIFTED, resource, told, drifted, order.now, follows=checked)
    return Done({"event": drifted})


TELL_OF_DRIFT = Outside("tell_of_drift", FLOW_STARTS, ModelMoved, tell_of_drift, repeatable=True)
