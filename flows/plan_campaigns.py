"""Let leads come into campaigns, take them on, and plan what they are sent."""

from prefect import flow

from tasks.campaigns import find_versions, publish_campaigns, take_on
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="plan_campaigns",
    flow_run_name=name_run,
    on_running=[Tagged("campaigns")],
    timeout_seconds=300,
)
def plan_campaigns() -> int:
    """Take every version of a live campaign on to this moment; returns how many messages were
    planned."""
    done = {f"{name} v{number}": take_on((name, number)) for name, number in find_versions()}
    return publish_campaigns(done)
