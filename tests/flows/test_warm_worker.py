"""The warm worker on a real Prefect server: its runs are as any other's, and harm each other in no
way."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import get_client

from leadflow.integrations.prefect import signed_in
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.deploying import PROJECT, create_pool
from leadflow.supervisor.services import warm_worker
from tests.flows import warm_flows
from tests.flows.counted import runs_counted
from tests.flows.runs import by_schedule, ended, run_of, start

pytestmark = pytest.mark.servers
POOL = "warm-in-tests"
SETTINGS = get_settings().model_copy(update={"warm_pool": POOL})


@pytest.fixture(scope="module")
def api(prefect: Child) -> Iterator[httpx.Client]:
    with signed_in(get_settings()) as client:
        create_pool(client, POOL, PROJECT / "deployments" / "warm_pool.yaml")
        yield client


@pytest.fixture
def worker(api: httpx.Client) -> Iterator[Child]:
    """A worker of its own for each test, because some of them end it."""
    child = Child(warm_worker(SETTINGS), SETTINGS.home / "logs")
    yield child
    child.terminate()
    child.end(time.monotonic() + 20)


def deploy(name: str, entrypoint: str | None = None, due: str | None = None) -> UUID:
    """A deployment of one of the flows here; the deployment's id."""
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(getattr(warm_flows, name, warm_flows.works))
        return client.create_deployment(
            flow_id,
            name=name if due is None else f"{name} if due",
            entrypoint=entrypoint or f"tests.flows.warm_flows.{name}",
            work_pool_name=POOL,
            job_variables={} if due is None else {"due": due},
        )


def begun(mark: Path, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not mark.exists():
        assert time.monotonic() < deadline, "the run has not begun"
        time.sleep(0.1)


@pytest.mark.long
def test_a_run_shows_up_as_any_other(api: httpx.Client, worker: Child) -> None:
    run_id = start(api, deploy("works"), words="hello")
    assert ended(api, run_id) == "Completed"
    run = run_of(api, run_id)
    assert run["work_pool_name"] == POOL
    assert run["start_time"]
    history = api.get("/flow_run_states/", params={"flow_run_id": run_id}).json()
    assert [s["name"] for s in history] == ["Scheduled", "Pending", "Running", "Completed"]
    wanted = {"flow_runs": {"id": {"any_": [run_id]}}}
    deadline, found = time.monotonic() + 60, dict[str, Any]()
    while len(found) < 3:
        assert time.monotonic() < deadline, f"only seen: {sorted(found)}"
        logs = api.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run_id]}}}).json()
        if any("said by the flow: hello" in line["message"] for line in logs):
            found["logs"] = logs
        found |= {
            path: some
            for path in ("artifacts", "task_runs")
            if (some := api.post(f"/{path}/filter", json=wanted).json())
        }
        time.sleep(0.3)
    assert "hello" in {artifact["data"] for artifact in found["artifacts"]}
    assert found["task_runs"][0]["name"].startswith("step")


def test_runs_that_fail_crash_or_hang_harm_no_other(
    api: httpx.Client, worker: Child, tmp_path: Path
) -> None:
    other = start(api, deploy("takes"), seconds=8.0, mark=str(tmp_path / "mark"))
    begun(tmp_path / "mark")
    bad = {name: start(api, deploy(name)) for name in ("fails", "crashes", "hangs")}
    states = {name: ended(api, run_id) for name, run_id in bad.items()}
    assert states == {"fails": "Failed", "crashes": "Crashed", "hangs": "TimedOut"}
    counted = [runs_counted(name) for name in ("fails", "crashes", "hangs")]
    assert counted == [{"failed": 1.0}, {"crashed": 1.0}, {"failed": 1.0}]
    assert ended(api, other) == "Completed"
    assert ended(api, start(api, deploy("works"))) == "Completed"
    assert worker.alive()


@pytest.mark.long
def test_a_cancelled_run_ends_and_harms_no_other(
    api: httpx.Client, worker: Child, tmp_path: Path
) -> None:
    takes = deploy("takes")
    runs = [start(api, takes, seconds=s, mark=str(tmp_path / str(s))) for s in (90.0, 8.0)]
    for seconds in (90.0, 8.0):
        begun(tmp_path / str(seconds))
    asked = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    api.post(f"/flow_runs/{runs[0]}/set_state", json=asked).raise_for_status()
    assert [ended(api, run_id, 60) for run_id in runs] == ["Cancelled", "Completed"]
    assert worker.alive()


@pytest.mark.long
def test_a_run_that_ignores_its_time_out_ends_the_worker_once_the_others_are_done(
    api: httpx.Client, worker: Child, tmp_path: Path
) -> None:
    stuck = deploy("hangs_for_good")
    stuck_run = start(api, stuck)
    other = start(api, deploy("takes"), seconds=20.0, mark=str(tmp_path / "mark"))
    begun(tmp_path / "mark")
    # It hangs, and keeps its successor from nothing.
    assert ended(api, start(api, stuck, seconds=0.0)) == "Completed"
    assert ended(api, stuck_run) == "TimedOut"
    later = start(api, deploy("works"))
    assert ended(api, other) == "Completed"
    deadline = time.monotonic() + 60
    while worker.alive():
        assert time.monotonic() < deadline, "the worker goes on"
        time.sleep(0.1)
    assert run_of(api, later)["state_type"] == "SCHEDULED"
    assert worker.revive() is not None
    assert ended(api, later) == "Completed"


def test_runs_of_a_killed_worker_crash_and_the_next_does_the_work(
    api: httpx.Client, worker: Child, tmp_path: Path
) -> None:
    takes = deploy("takes")
    lost = start(api, takes, seconds=90.0, mark=str(tmp_path / "one"))
    begun(tmp_path / "one")
    worker._process.kill()
    worker._process.wait()
    next_one = start(api, takes, seconds=0.0, mark=str(tmp_path / "two"))
    assert worker.revive() is not None
    assert ended(api, next_one) == "Completed"
    assert ended(api, lost) == "Crashed"


@pytest.mark.long
def test_a_worker_that_is_stopped_says_so_of_what_it_leaves(
    api: httpx.Client, worker: Child, tmp_path: Path
) -> None:
    left = start(api, deploy("takes"), seconds=90.0, mark=str(tmp_path / "mark"))
    begun(tmp_path / "mark")
    worker.terminate()
    assert worker._process.wait(60) is not None
    assert ended(api, left, 5) == "Crashed"


@pytest.mark.long
def test_where_nothing_is_due_the_flow_is_not_even_loaded(api: httpx.Client, worker: Child) -> None:
    due = "tests.flows.warm_flows.never"
    run_id = start(api, deploy("absent", "tests.flows.no_such_module.works", due))
    assert ended(api, run_id) == "Completed"
    run = run_of(api, run_id)
    assert run["state"]["message"] == "nothing due"
    assert run["name"].endswith(", nothing due")
    assert run["name"].startswith("absent if due ")


def test_after_a_stop_only_the_newest_late_run_of_a_schedule_is_started(api: httpx.Client) -> None:
    works, now = deploy("works"), datetime.now(UTC)
    late = [start(api, works, at=now - timedelta(minutes=m)) for m in (3, 2, 1)]
    asked_for = start(api, works, at=now - timedelta(minutes=4))
    by_schedule(late)
    child = Child(warm_worker(SETTINGS), SETTINGS.home / "logs")
    try:
        states = [ended(api, run_id) for run_id in late]
        assert states == ["Skipped", "Skipped", "Completed"]
        assert ended(api, asked_for) == "Completed"
    finally:
        child.terminate()
        child.end(time.monotonic() + 20)
