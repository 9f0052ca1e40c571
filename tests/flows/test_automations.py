"""Automations, work pools and variables of the real Prefect server are as the project says."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, select

from leadflow.database.engine import unit_of_work
from leadflow.integrations.model_events import ModelMoved, tell_of_drift
from leadflow.integrations.prefect import signed_in
from leadflow.outbox.acts import Order
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from leadflow.supervisor.automations import FILE, known
from leadflow.supervisor.deploying import _pools, create_pool, deploy, pools_are_so

pytestmark = pytest.mark.servers


def api() -> Any:
    return signed_in(get_settings())


def runs_of(name: str) -> list[dict[str, Any]]:
    with api() as asked:
        wanted = {"deployments": {"name": {"any_": [name]}}}
        found: list[dict[str, Any]] = asked.post("/flow_runs/filter", json=wanted).json()
        return found


def first(look: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
    deadline = time.monotonic() + 600
    while not (found := look()):
        assert time.monotonic() < deadline, "no run was started"
        time.sleep(0.5)
    return found[0]


def forget(run: dict[str, Any]) -> None:
    """No worker of another test is to take it."""
    with api() as asked:
        asked.delete(f"/flow_runs/{run['id']}").raise_for_status()


def test_they_are_those_of_the_file_and_become_so_again(deployed: list[str]) -> None:
    said = {one["name"]: one for one in yaml.safe_load(FILE.read_text())}
    with api() as asked:
        found = known(asked)
        assert set(said) <= set(found)
        for name, one in said.items():
            [there] = found[name]
            assert there["enabled"]
            assert set(there["trigger"]["expect"]) == set(one["trigger"]["expect"])
            [action] = there["actions"]
            path = f"/deployments/{action['deployment_id']}"
            assert asked.get(path).json()["name"] == one["actions"][0]["deployment"]
        gone, off = (found[name][0]["id"] for name in list(said)[:2])
        asked.delete(f"/automations/{gone}").raise_for_status()
        asked.patch(f"/automations/{off}", json={"enabled": False}).raise_for_status()
        assert deploy(get_settings())
        again = known(asked)
        assert all(len(again[name]) == 1 and again[name][0]["enabled"] for name in said)
        assert again[list(said)[1]][0]["id"] == off
    assert not deploy(get_settings())


def test_a_model_that_has_drifted_starts_a_training_once_with_the_reason(
    deployed: list[str],
) -> None:
    order = Order(get_settings(), datetime.now(UTC), "drifted:model 7:2026-06-01")
    moved = ModelMoved(model="made-up", serving="model 7", check="check_1", reason="Size shifted")
    for _ in range(2):
        tell_of_drift(order, moved)
    run = first(lambda: [one for one in runs_of("train_model") if one["parameters"].get("reason")])
    assert run["parameters"] == {"reason": "Size shifted"}
    time.sleep(3)
    assert len(runs_of("train_model")) == 1
    forget(run)


def test_a_run_that_failed_is_told_to_who_is_on_duty_once_an_hour(
    deployed: list[str], store: Engine
) -> None:
    from tasks.duty import have_told

    with api() as asked:
        one = asked.get("/deployments/name/export_audit_head/export_audit_head").json()
        run = asked.post(f"/deployments/{one['id']}/create_flow_run", json={"name": "r 1"}).json()
        failed = {"state": {"type": "FAILED", "name": "Failed"}, "force": True}
        asked.post(f"/flow_runs/{run['id']}/set_state", json=failed).raise_for_status()
    told = first(lambda: runs_of("tell_on_duty"))
    assert told["parameters"] == {
        "failed": "export_audit_head",
        "run_id": run["id"],
        "run": "r 1",
        "state": "Failed",
    }
    with api() as asked:
        asked.post(f"/flow_runs/{told['id']}/set_state", json=failed).raise_for_status()
    time.sleep(3)
    assert len(runs_of("tell_on_duty")) == 1
    for number in (1, 2):
        have_told.fn("export_audit_head", str(number), "r", "Failed")
    with unit_of_work() as session:
        [row] = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_on_duty"))
        assert row.payload["run_id"] == "1"


def test_a_pool_that_is_to_be_another_becomes_so_whoever_changed_it(deployed: list[str]) -> None:
    settings = get_settings()
    _, pool, file = _pools(settings)[0]
    said = yaml.safe_load(file.read_text())
    with api() as asked:
        assert pools_are_so(asked, settings)
        other = said["base_job_template"] | {"job_configuration": {"stream_output": False}}
        changed = {"base_job_template": other, "description": "Mine"}
        asked.patch(f"/work_pools/{pool}", json=changed).raise_for_status()
        assert not pools_are_so(asked, settings)
        create_pool(asked, pool, file)
        found = asked.get(f"/work_pools/{pool}").json()
        assert found["base_job_template"] == said["base_job_template"]
        assert found["description"] == said["description"]
        variable = asked.get("/variables/name/leadflow_work_pool").json()
        assert variable["value"] == settings.work_pool
