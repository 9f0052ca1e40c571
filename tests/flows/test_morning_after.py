"""The morning after: servers that were down for a night or a week, with runs that were due
meanwhile, on a real Prefect server and the worker of long runs."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import get_client

from leadflow.integrations.prefect import signed_in
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.deploying import PROJECT, create_pool
from leadflow.supervisor.services import worker
from tests.flows import warm_flows
from tests.flows.runs import by_schedule, ended, run_of, start

pytestmark = pytest.mark.servers
POOL = "morning-after-in-tests"
SETTINGS = get_settings().model_copy(update={"work_pool": POOL})
FILE = PROJECT / "deployments" / "process_pool.yaml"
NIGHT, WEEK = timedelta(hours=10), timedelta(days=7)


@pytest.fixture(scope="module")
def api(prefect: Child) -> Iterator[httpx.Client]:
    with signed_in(get_settings()) as client:
        create_pool(client, POOL, FILE)
        yield client
        # Other files look at what is deployed on this server.
        own = {"deployments": {"name": {"any_": ["hourly", "daily", "gate"]}}}
        for one in client.post("/deployments/filter", json=own).raise_for_status().json():
            client.delete(f"/deployments/{one['id']}").raise_for_status()


def deploy(name: str, flow: str, queue: str = "default") -> UUID:
    with get_client(sync_client=True) as client:
        return client.create_deployment(
            client.create_flow(getattr(warm_flows, flow)),
            name=name,
            entrypoint=f"tests.flows.warm_flows.{flow}",
            work_pool_name=POOL,
            work_queue_name=queue,
        )


def names(api: httpx.Client, runs: list[str]) -> list[str]:
    """The names of the states that runs are in."""
    return [str(run_of(api, run_id)["state_name"]) for run_id in runs]


@pytest.mark.long
def test_late_runs_catch_up_once_and_nobody_waits_behind_them(
    api: httpx.Client, tmp_path: Path
) -> None:
    """Late work fills all places of its queue, and a gate is opened besides."""
    now = datetime.now(UTC)
    hourly, daily = deploy("hourly", "takes"), deploy("daily", "takes")
    gate = deploy("gate", "works", "people")
    long = {"seconds": 600.0}
    night = [
        start(api, hourly, now - NIGHT + timedelta(hours=h), mark=str(tmp_path / "hourly"), **long)
        for h in range(3)
    ]
    week = [
        start(api, daily, now - WEEK + timedelta(days=d), mark=str(tmp_path / "daily"), **long)
        for d in range(2)
    ]
    by_schedule([*night, *week])
    child = Child(worker(SETTINGS), SETTINGS.home / "logs")
    try:
        for name in ("hourly", "daily"):
            begun(tmp_path / name)
        opened = start(api, gate, datetime.now(UTC))
        assert ended(api, opened) == "Completed"
        assert [run_of(api, run_id)["state_name"] for run_id in night] == [
            "Skipped",
            "Skipped",
            "Running",
        ]
        assert [run_of(api, run_id)["state_name"] for run_id in week] == ["Skipped", "Running"]
    finally:
        child.terminate()
        child.end(time.monotonic() + 20)


def begun(mark: Path) -> None:
    deadline = time.monotonic() + 180
    while not mark.exists():
        assert time.monotonic() < deadline, "the run has not begun"
        time.sleep(0.2)


def test_a_pool_that_was_made_otherwise_gets_its_queues(api: httpx.Client) -> None:
    """An installation from before: one limit for the whole pool, and no queue for people."""
    api.patch(f"/work_pools/{POOL}", json={"concurrency_limit": 2}).raise_for_status()
    api.delete(f"/work_pools/{POOL}/queues/people")
    create_pool(api, POOL, FILE)
    assert api.get(f"/work_pools/{POOL}").json()["concurrency_limit"] is None
    found = api.post(f"/work_pools/{POOL}/queues/filter", json={}).json()
    places = {queue["name"]: (queue["priority"], queue["concurrency_limit"]) for queue in found}
    assert places == {"people": (1, 4), "default": (2, 2)}
