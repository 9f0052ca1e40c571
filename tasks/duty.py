"""Telling whoever is on duty what has failed."""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from leadflow.database.engine import unit_of_work
from leadflow.outbox.service import enqueue
from tasks.retrying import GROWING, JITTER


@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
)
def have_told(flow: str, run_id: str, run: str, state: str) -> None:
    """Have the notice sent through the outbox; once an hour for a flow, however many of its runs
    fail."""
    payload = {"flow": flow, "run_id": run_id, "run": run, "state": state}
    with unit_of_work() as session:
        enqueue(session, "notify_on_duty", f"duty:{flow}:{datetime.now(UTC):%Y-%m-%dT%H}", payload)
