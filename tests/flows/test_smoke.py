"""From the lock file every server starts, deploys, and a cron deployment gets its runs.

With a newer FastAPI `prefect deploy` answers 422; with SQLAlchemy 2.1 everything starts and cron
schedules silently never create a run. Both were seen; this test is what notices.
"""

import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from leadflow.integrations.prefect import signed_in
from leadflow.secret import server_sign_in
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.deploying import deploy
from leadflow.supervisor.on_demand import OnDemand
from leadflow.supervisor.services import mlflow_server
from tasks.run_tags import tags_of

pytestmark = pytest.mark.servers
PROJECT = Path(__file__).parents[2]
LONG, WARM = get_settings().work_pool, get_settings().warm_pool
SURFACE = {
    "build_features": ("30 0 * * *", LONG, 1),
    "train_model": (None, LONG, 1),
    "monitor_model": ("0 1 * * *", LONG, 1),
    "check_data": ("40 0 * * *", LONG, 1),
    "score_leads": ("5 * * * *", LONG, 1),
    "qualify_leads": ("*/30 * * * *", LONG, 1),
    "await_decision": (None, LONG, None),
    "process_inbox": ("* * * * *", WARM, None),
    "plan_campaigns": ("* * * * *", WARM, None),
    "dispatch_campaigns": ("* * * * *", WARM, None),
    "reconcile_messages": ("*/10 * * * *", WARM, None),
    "assign_leads": ("* * * * *", WARM, None),
    "escalate_assignments": ("* * * * *", WARM, None),
    "tell_on_duty": (None, WARM, None),
    "escalate_waiting": ("*/5 * * * *", WARM, None),
    "sample_quality": ("0 6 * * *", WARM, None),
    "export_audit_head": ("20 * * * *", WARM, None),
}


def ask(path: str, body: dict[str, Any]) -> Any:
    with signed_in(get_settings()) as api:
        return api.post(path, json=body).raise_for_status().json()


def flow_named(name: str) -> Any:
    return getattr(importlib.import_module(f"flows.{name}"), name)


def test_what_is_deployed_is_what_is_promised(deployed: list[str]) -> None:
    found = {item["name"]: item for item in ask("/deployments/filter", {})}
    assert set(found) == set(deployed) == set(SURFACE)
    for name, (cron, pool, limit) in SURFACE.items():
        item = found[name]
        assert item["entrypoint"] == f"flows.{name}.{name}"
        assert item["work_pool_name"] == pool
        assert [each["schedule"]["cron"] for each in item["schedules"]] == ([cron] if cron else [])
        limits = item["global_concurrency_limit"]
        assert (limits["limit"] if limits else None) == limit
        assert item["description"]
        assert set(item["tags"]) == tags_of(flow_named(name))
        assert not item["pull_steps"]


def test_a_cron_deployment_gets_its_scheduled_runs(deployed: list[str]) -> None:
    deadline = time.monotonic() + 60
    wanted = {"deployments": {"name": {"any_": ["assign_leads"]}}}
    scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs: list[Any] = []
    while len(runs) < 3 and time.monotonic() < deadline:
        runs = [run for run in ask("/flow_runs/filter", wanted | scheduled) if by_itself(run)]
        time.sleep(0.5)
    assert len(runs) >= 3


def by_itself(run: dict[str, Any]) -> bool:
    """Whether Prefect made it out of a schedule, and nobody asked for it."""
    return bool(run["auto_scheduled"])


def test_an_unchanged_project_is_not_deployed_again(deployed: list[str]) -> None:
    assert not deploy(get_settings())


def test_every_entrypoint_is_a_function_of_an_installed_module() -> None:
    content = yaml.safe_load((PROJECT / "prefect.yaml").read_text())
    for item in content["deployments"]:
        module, name = item["entrypoint"].rsplit(".", 1)
        flow = getattr(importlib.import_module(module), name)
        assert flow.name == item["name"] == name == module.split(".")[1]


@pytest.mark.long
def test_mlflow_s_pages_come_up_when_somebody_opens_them(prefect: Child) -> None:
    settings = get_settings()
    waits = OnDemand(settings.host, settings.mlflow_port, partial(mlflow_server, settings))
    assert not waits.wanted()
    with httpx.Client(timeout=120.0) as client, ThreadPoolExecutor(1) as pool:
        opened = pool.submit(client.get, settings.mlflow_url)
        deadline = time.monotonic() + 30
        while not waits.wanted():
            assert time.monotonic() < deadline, "nobody is seen at the door"
            time.sleep(0.05)
        child = Child(waits.service, settings.home / "logs")
        try:
            assert opened.result().status_code == 401
            name, _, password = server_sign_in(settings, "mlflow").partition(":")
            assert httpx.get(settings.mlflow_url, auth=(name, password)).status_code == 200
        finally:
            child.terminate()
            child.end(time.monotonic() + 10)
            waits.close()
