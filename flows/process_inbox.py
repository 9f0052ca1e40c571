"""Take in what sources have delivered by webhook."""

from prefect import flow

from tasks.inbox import process_deliveries, say_processed
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="process_inbox",
    flow_run_name=name_run,
    on_running=[Tagged("intake")],
    timeout_seconds=300,
)
def process_inbox() -> int:
    """Map the deliveries that wait, store and score their leads, hand them out; returns how many
    deliveries were dealt with. It goes on while more arrive, and a minute's sweep finds what
    nobody rang for."""
    return say_processed(process_deliveries())
