"""Find out of messages that may have arrived whether they did, where that can be asked."""

from prefect import flow

from tasks.messages import ask_again, publish_reconciled
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="reconcile_messages",
    flow_run_name=name_run,
    on_running=[Tagged("campaigns")],
    timeout_seconds=300,
)
def reconcile_messages() -> int:
    """Ask the channel for each by its key, and say what is left to people; returns how many turned
    out to be accepted."""
    return publish_reconciled(ask_again())
