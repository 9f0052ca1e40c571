"""Prefect's and MLflow's servers let in who signs in, and nobody has a worker run a command."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from prefect.client.orchestration import get_client
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from leadflow.integrations.prefect import signed_in
from leadflow.secret import server_sign_in
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.deploying import deployment_names
from leadflow.supervisor.on_demand import OnDemand
from leadflow.supervisor.services import OF_OURS, mlflow_server
from tests.flows import warm_flows
from tests.flows.counted import runs_counted
from tests.flows.runs import ended, run_of
from tests.servers import started

pytestmark = pytest.mark.servers


@pytest.fixture
def api(prefect: Child) -> Iterator[httpx.Client]:
    with signed_in(get_settings()) as client:
        yield client
        # Others look at what is deployed.
        for made in client.post("/deployments/filter", json={}).json():
            if made["name"] not in deployment_names():
                client.delete(f"/deployments/{made['id']}")


@pytest.fixture(scope="module")
def mlflow(prefect: Child) -> Iterator[Child]:
    settings = get_settings()
    waits = OnDemand(settings.host, settings.mlflow_port, partial(mlflow_server, settings))
    server = started(waits.service, settings)
    with closing(waits), closing(server):
        yield next(server)


@pytest.mark.parametrize(
    "path", ["/flow_runs/filter", "/deployments/filter", "/block_types/filter"]
)
def test_prefect_answers_nobody_who_has_not_signed_in(prefect: Child, path: str) -> None:
    address = f"{get_settings().prefect_url}/api"
    for auth in (None, ("leadflow", "guess")):
        assert httpx.post(f"{address}{path}", json={}, auth=auth).status_code == 401
    assert httpx.get(f"{address}/health").status_code == 200


def test_prefect_s_events_are_told_to_nobody_who_has_not_signed_in(prefect: Child) -> None:
    address = get_settings().prefect_url.replace("http", "ws")
    with connect(f"{address}/api/events/out", subprotocols=[Subprotocol("prefect")]) as events:
        events.send('{"type": "auth", "token": "guess"}')
        with pytest.raises(WebSocketException):
            events.recv(timeout=10)


def test_pages_of_other_sites_read_nothing_of_prefect(prefect: Child) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{get_settings().prefect_url}/api/flow_runs/filter", headers=asked)
    assert answer.headers.get("access-control-allow-origin") not in {"*", asked["Origin"]}


def test_mlflow_answers_nobody_who_has_not_signed_in(mlflow: Child) -> None:
    settings = get_settings()
    search = f"{settings.mlflow_url}/api/2.0/mlflow/registered-models/search"
    alias = f"{settings.mlflow_url}/api/2.0/mlflow/registered-models/alias"
    named = {"name": settings.model_name, "alias": "champion"}
    assert httpx.get(search, timeout=60).status_code == 401
    assert httpx.delete(alias, params=named, timeout=60).status_code == 401
    name, _, password = server_sign_in(settings, "mlflow").partition(":")
    assert httpx.get(search, auth=(name, password), timeout=60).status_code == 200
    upload = f"{settings.mlflow_url}/api/2.0/mlflow-artifacts/artifacts/x"
    assert httpx.put(upload, content=b"x", auth=(name, password)).status_code == 403
    foreign = httpx.get(search, auth=(name, password), headers={"Host": "evil.example"})
    assert foreign.status_code == 403
    lines = [json.loads(line) for line in mlflow.log.read_text().splitlines()]
    assert any(line["logger"].startswith("mlflow") for line in lines)


def test_servers_of_others_know_nothing_they_need_not(prefect: Child, mlflow: Child) -> None:
    for child in (prefect, mlflow):
        known = psutil.Process(child.pid).environ()
        assert not OF_OURS & set(known), child.service.name


def asked_to_write(
    api: httpx.Client, pool: str, mark: Path, variables: dict[str, Any], **said: Any
) -> str:
    """A run of a deployment of somebody else's making; its id."""
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(warm_flows.works)
        named = {"entrypoint": "tests.flows.warm_flows.works"} | said
        deployment = client.create_deployment(flow_id, name=mark.name, work_pool_name=pool, **named)
    path = f"/deployments/{deployment}/create_flow_run"
    asked = {"state": {"type": "SCHEDULED"}, "job_variables": variables}
    answer = api.post(path, json=asked)
    if answer.status_code in {409, 422}:
        return ""
    return str(answer.raise_for_status().json()["id"])


@pytest.mark.long
def test_a_deployment_that_is_changed_while_its_run_goes_on_is_not_done_as_it_says(
    api: httpx.Client, working: Child, tmp_path: Path
) -> None:
    begun, touched = tmp_path / "begun", tmp_path / "touched"
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(warm_flows.takes)
        deployment = client.create_deployment(
            flow_id,
            name="takes",
            entrypoint="tests.flows.warm_flows.takes",
            work_pool_name=get_settings().work_pool,
            parameters={"seconds": 90.0, "mark": str(begun)},
        )
    path = f"/deployments/{deployment}/create_flow_run"
    run_id = api.post(path, json={"state": {"type": "SCHEDULED"}}).raise_for_status().json()["id"]
    deadline = time.monotonic() + 120
    while not begun.exists():
        assert time.monotonic() < deadline, "the run has not begun"
        time.sleep(0.2)
    steps = [{"prefect.deployments.steps.run_shell_script": {"script": f"touch {touched}"}}]
    api.patch(f"/deployments/{deployment}", json={"pull_steps": steps}).raise_for_status()
    asked = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    api.post(f"/flow_runs/{run_id}/set_state", json=asked).raise_for_status()
    assert ended(api, run_id) == "Cancelled"
    # The hooks of a cancelled run come after its end.
    time.sleep(5)
    assert not touched.exists()


def counted_of(deployment: str) -> dict[str, float]:
    """A worker counts a run a moment after Prefect knows its end."""
    deadline = time.monotonic() + 30
    while not (found := runs_counted(deployment)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def test_nobody_has_a_worker_run_a_command(
    api: httpx.Client, working: Child, tmp_path: Path
) -> None:
    pool = get_settings().work_pool
    script = tmp_path / "evil.py"
    script.write_text(
        "from pathlib import Path\nfrom prefect import flow\n"
        f"Path({str(tmp_path / 'imported')!r}).touch()\n@flow\ndef evil(): ...\n"
    )
    touch = f"touch {tmp_path / 'touched'}"
    steps = [{"prefect.deployments.steps.run_shell_script": {"script": touch}}]
    # Whoever may sign in may also say anew how the pool's runs are started.
    template = {
        "job_configuration": {"command": touch, "env": {"PYTHONSTARTUP": str(script)}},
        "variables": {"type": "object", "properties": {"command": {"type": "string"}}},
    }
    before = api.get(f"/work_pools/{pool}").json()["base_job_template"]
    attempts = [
        asked_to_write(api, pool, tmp_path / "file", {}, entrypoint=f"{script}:evil"),
        asked_to_write(api, pool, tmp_path / "steps", {}, pull_steps=steps),
        asked_to_write(api, pool, tmp_path / "module", {}, entrypoint="subprocess.run"),
        asked_to_write(api, pool, tmp_path / "command", {"command": touch}),
    ]
    # The server itself may refuse the last, which sets a variable that the pool does not have.
    assert all(attempts[:3])
    assert {ended(api, run_id) for run_id in attempts if run_id} == {"Crashed"}
    api.patch(f"/work_pools/{pool}", json={"base_job_template": template}).raise_for_status()
    try:
        run_id = asked_to_write(api, pool, tmp_path / "template", {"command": touch})
        honest = asked_to_write(api, pool, tmp_path / "honest", {})
        assert ended(api, run_id) == "Crashed"
        assert "command" in run_of(api, run_id)["state"]["message"]
        # What the pool says is not asked at all: an honest run goes its way.
        assert ended(api, honest) == "Completed"
        assert counted_of("honest") == {"completed": 1.0}
    finally:
        api.patch(f"/work_pools/{pool}", json={"base_job_template": before}).raise_for_status()
    assert not (tmp_path / "touched").exists()
    assert not (tmp_path / "imported").exists()
