"""Making Prefect know the deployments of ``prefect.yaml``."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import yaml

from leadflow.database import cluster
from leadflow.integrations.prefect import signed_in
from leadflow.settings import Settings
from leadflow.supervisor import automations
from leadflow.supervisor.environment import environment

PROJECT = Path(__file__).parents[3]
ENTRYPOINTS = ("flows", "tasks")


class DeployFailed(RuntimeError):
    """``prefect deploy`` did not work; the message carries what it said."""


def deployment_file() -> Path:
    """The project's ``prefect.yaml``.

    Raises:
        DeployFailed: Leadflow was installed without its project folder.
    """
    path = PROJECT / "prefect.yaml"
    if not path.exists():
        raise DeployFailed(f"{path} is missing: run Leadflow from its project folder.")
    return path


def deploy(settings: Settings) -> bool:
    """Create the work pools, every deployment and the automations, or make those there are so;
    False if nothing had changed since the last time, here or in the server.

    Raises:
        DeployFailed: Prefect refused something.
        AutomationRefused: it refused an automation.
    """
    mark = settings.home / "run" / "deployed"
    wanted = _fingerprint(settings)
    with signed_in(settings) as api:
        changed = _unknown(api)
        as_it_was = not changed and pools_are_so(api, settings) and automations.are_there(api)
        if mark.exists() and mark.read_text() == wanted and as_it_was:
            return False
        _forget(api, changed)
        for name, pool, file in _pools(settings):
            create_pool(api, pool, file)
            set_variable(api, name, pool)
    result = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=PROJECT,
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if result.returncode != 0:
        raise DeployFailed(
            f"prefect deploy failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}"
        )
    with signed_in(settings) as api:
        automations.put_automations(api)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(wanted)
    return True


def deployment_names() -> list[str]:
    """The names in ``prefect.yaml``; a flow and its deployment share one."""
    content = yaml.safe_load(deployment_file().read_text())
    return [str(item["name"]) for item in content["deployments"]]


def not_deployed(settings: Settings) -> list[str]:
    """The names in ``prefect.yaml`` that the server does not know, or knows as something else.

    Raises:
        httpx.HTTPError: it does not answer, or not so.
    """
    with signed_in(settings) as api:
        return _unknown(api)


def _unknown(api: httpx.Client) -> list[str]:
    return [name for name in deployment_names() if not _is_ours(_deployment(api, name), name)]


def _deployment(api: httpx.Client, name: str) -> dict[str, Any] | None:
    answer = api.get(f"/deployments/name/{name}/{name}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def _is_ours(found: dict[str, Any] | None, name: str) -> bool:
    """Whether the server knows it as our workers run it."""
    return (
        found is not None
        and found["entrypoint"] == f"flows.{name}.{name}"
        and not found["pull_steps"]
        and set(found["job_variables"]) <= {"due"}
    )


def _forget(api: httpx.Client, names: list[str]) -> None:
    """Take away what was made something else of: deploying again leaves what it does not name."""
    for name in names:
        found = _deployment(api, name)
        if found is not None:
            api.delete(f"/deployments/{found['id']}").raise_for_status()


def _pools(settings: Settings) -> tuple[tuple[str, str, Path], ...]:
    """The variable that says the name of each pool, that name, and what the pool is to be."""
    folder = PROJECT / "deployments"
    return (
        ("leadflow_work_pool", settings.work_pool, folder / "process_pool.yaml"),
        ("leadflow_warm_pool", settings.warm_pool, folder / "warm_pool.yaml"),
    )


def pools_are_so(api: httpx.Client, settings: Settings) -> bool:
    """Whether the work pools are as their files say, whoever changed them."""
    for _, pool, file in _pools(settings):
        answer = api.get(f"/work_pools/{pool}")
        if not answer.is_success:
            return False
        wanted, found = yaml.safe_load(file.read_text()), answer.json()
        wanted.pop("queues", None)
        if any(found.get(key) != value for key, value in wanted.items()):
            return False
    return True


def set_variable(api: httpx.Client, name: str, value: str) -> None:
    """Have a variable of Prefect, which ``prefect.yaml`` names, say this.

    Raises:
        DeployFailed: Prefect refused it.
    """
    answer = api.post("/variables/", json={"name": name, "value": value})
    if answer.status_code == httpx.codes.CONFLICT:
        answer = api.patch(f"/variables/name/{name}", json={"value": value})
    if not answer.is_success:
        raise DeployFailed(f"Prefect did not take the variable {name}: {answer.text[:500]}")


def create_pool(api: httpx.Client, name: str, file: Path) -> None:
    """Create a work pool with its queues as the file says, or make the one of this name so.

    Raises:
        DeployFailed: Prefect refused it.
    """
    wanted = yaml.safe_load(file.read_text())
    queues = wanted.pop("queues", {})
    answer = api.post("/work_pools/", json=wanted | {"name": name})
    if answer.status_code == httpx.codes.CONFLICT:
        del wanted["type"]
        answer = api.patch(f"/work_pools/{name}", json=wanted)
    if not answer.is_success:
        raise DeployFailed(f"Prefect did not create the work pool {name}: {answer.text[:500]}")
    for queue, said in queues.items():
        _create_queue(api, name, queue, said)


def _create_queue(api: httpx.Client, pool: str, queue: str, said: dict[str, int]) -> None:
    path = f"/work_pools/{pool}/queues"
    answer = api.post(path, json=said | {"name": queue})
    if answer.status_code == httpx.codes.CONFLICT:
        answer = api.patch(f"{path}/{queue}", json=said)
    if not answer.is_success:
        raise DeployFailed(
            f"Prefect did not create the queue {queue} of the work pool {pool}: {answer.text[:500]}"
        )


def _fingerprint(settings: Settings) -> str:
    """Of all that a deployment is made of: the file, the flows' signatures, the database."""
    digest = sha256(deployment_file().read_bytes())
    for folder in ENTRYPOINTS:
        for path in sorted((PROJECT / folder).glob("*.py")):
            digest.update(path.read_bytes())
    digest.update(cluster.locate(settings).prefect.render_as_string().encode())
    for name, pool, file in _pools(settings):
        digest.update(name.encode() + pool.encode() + file.read_bytes())
    digest.update(automations.FILE.read_bytes())
    return digest.hexdigest()
