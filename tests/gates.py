"""Waiting for gates as the background does: acts that fail at first are carried out again."""

import time
from datetime import UTC, datetime

from leadflow.approvals import service as approvals
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.integrations.prefect import PrefectClient
from leadflow.outbox.consumer import drain
from leadflow.settings import get_settings


def run_of(approval_id: str, other_than: str | None = None, seconds: float = 240.0) -> str:
    """The run that waits for this approval, once there is one."""
    deadline = time.monotonic() + seconds
    while True:
        drain(get_engine(), get_settings(), lambda: datetime.now(UTC))
        with unit_of_work() as session:
            run_id = approvals.get(session, approval_id).flow_run_id
        if run_id is not None and run_id != other_than:
            return run_id
        assert time.monotonic() < deadline, "no run was started for this approval"
        time.sleep(0.3)


def wait_for_state(run_id: str, name: str, seconds: float = 240.0) -> None:
    """Return when the run is in the state of this name."""
    client, deadline = PrefectClient(get_settings()), time.monotonic() + seconds
    while (state := client.state(run_id)) != name:
        assert time.monotonic() < deadline, f"the run is {state}, not {name}"
        time.sleep(0.3)
        drain(get_engine(), get_settings(), lambda: datetime.now(UTC))
