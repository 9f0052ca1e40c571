"""Hand the messages of campaigns over that are due."""

from prefect import flow

from tasks.messages import publish_messages, send_messages
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="dispatch_campaigns",
    flow_run_name=name_run,
    on_running=[Tagged("campaigns")],
    timeout_seconds=300,
)
def dispatch_campaigns() -> int:
    """Claim each message that is due, send it, and note its end; returns how many were accepted."""
    return publish_messages(send_messages())
