"""The acts that start and end flow runs in Prefect."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import ParametersRefused, PrefectClient
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import FLOW_STARTS


class FlowStart(BaseModel):
    """A deployment and what its run is given. ``key`` is what Prefect knows the run by: the same
    one starts one run, however often it is asked for. ``tags`` say why it runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deployment: str
    parameters: dict[str, Any]
    key: str
    tags: tuple[str, ...] = ()


class GateEnd(BaseModel):
    """The approval whose gate is to be ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approval_id: str


def start_flow_run(order: Order, payload: FlowStart) -> End:
    """Start a run; an approval remembers the run that waits for it."""
    client = PrefectClient(order.settings)
    try:
        run_id = client.start_run(payload.deployment, payload.parameters, payload.key, payload.tags)
    except ParametersRefused as error:
        return NothingDone(str(error))
    approval_id = payload.parameters.get("approval_id")
    if approval_id is not None:
        with unit_of_work() as session:
            approval = session.get(Approval, approval_id)
            if approval is not None:
                approval.flow_run_id = run_id
    return Done({"flow_run_id": run_id})


def settle_gate(order: Order, payload: GateEnd) -> End:
    """End the run that waits at the gate of an approval that is settled. A run that has not started
    yet finds the decision made; one that took it is not waiting."""
    client = PrefectClient(order.settings)
    with unit_of_work() as session:
        approval = session.get_one(Approval, payload.approval_id)
        run_id, status = approval.flow_run_id, approval.status
    if run_id is None or client.state(run_id) not in ("Suspended", "Paused"):
        return NothingDone("No run waits at this gate.")
    client.end(run_id, f"Settled elsewhere: {status}")
    return Done({"ended": run_id})


START = Outside("start_flow_run", FLOW_STARTS, FlowStart, start_flow_run, repeatable=True)
SETTLE = Outside("settle_gate", FLOW_STARTS, GateEnd, settle_gate, repeatable=True)
