"""The act that tells Prefect what was delivered, for automations to react to."""

from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict

from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import FLOW_STARTS
from leadflow.sources.causing import reported


class DeliveriesReport(BaseModel):
    """Of which source and kind, and since when the window lasts, in seconds since 1970."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    kind: str
    since: int


def report_deliveries(order: Order, payload: DeliveriesReport) -> End:
    """Emit ``leadflow.delivery.KIND`` of the resource ``leadflow.source.NAME``, once a window, with
    the ids of its deliveries. Emitted twice, it has the same id."""
    with unit_of_work() as session:
        ids = reported(session, payload.source, payload.kind, payload.since)
    if not ids:
        return NothingDone("The deliveries are being processed again, or are gone.")
    PrefectClient(order.settings).emit(
        f"leadflow.delivery.{payload.kind}",
        f"leadflow.source.{payload.source}",
        {"deliveries": ids},
        str(uuid5(NAMESPACE_URL, f"leadflow:{order.key}")),
        order.now,
    )
    return Done({"deliveries": len(ids)})


REPORT = Outside(
    "report_deliveries", FLOW_STARTS, DeliveriesReport, report_deliveries, repeatable=True
)
