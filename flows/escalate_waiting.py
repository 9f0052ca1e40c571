"""Late approvals: reminded, passed on, ended; none waits for nobody."""

from prefect import flow

from tasks.pending_approvals import advance_approvals, publish_waiting, reopen_gates
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="escalate_waiting",
    flow_run_name=name_run,
    on_running=[Tagged("approval")],
    timeout_seconds=240,
    retries=0,
)
def escalate_waiting() -> int:
    """Move on every decision for which something is due; returns how many there were."""
    moved = advance_approvals()
    reopen_gates()
    publish_waiting(moved)
    return moved
