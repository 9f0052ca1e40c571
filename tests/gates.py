"""Waiting for gates as the gateway does: acts that fail at first are carried out again."""

import time

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient
from leadflow.settings import get_settings
from tasks.outbox import deliver_outbox


def run_of(approval_id: str, other_than: str | None = None, seconds: float = 90.0) -> str:
    """The run that waits for this approval, once there is one."""
    deadline = time.monotonic() + seconds
    while True:
        deliver_outbox.fn()
        with unit_of_work() as session:
            run_id = approvals.get(session, approval_id).flow_run_id
        if run_id is not None and run_id != other_than:
            return run_id
        assert time.monotonic() < deadline, "no run was started for this approval"
        time.sleep(0.3)


def wait_for_state(run_id: str, name: str, seconds: float = 90.0) -> None:
    """Return when the run is in the state of this name."""
    client, deadline = PrefectClient(get_settings()), time.monotonic() + seconds
    while (state := client.state(run_id)) != name:
        assert time.monotonic() < deadline, f"the run is {state}, not {name}"
        time.sleep(0.3)
        deliver_outbox.fn()
