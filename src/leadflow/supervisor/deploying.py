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
    """Create the work pools and every deployment; False if nothing had changed since the last time.

    Raises:
        DeployFailed: Prefect refused something.
    """
    mark = settings.home / "run" / "deployed"
    wanted = _fingerprint(settings)
    with signed_in(settings) as api:
        changed = _unknown(api)
        if mark.exists() and mark.read_text() == wanted and not changed:
            return False
        _forget(api, changed)
        for pool, file in _pools(settings):
            create_pool(api, pool, file)
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


def _pools(settings: Settings) -> tuple[tuple[str, Path], ...]:
    folder = PROJECT / "deployments"
    return (
        (settings.work_pool, folder / "process_pool.yaml"),
        (settings.warm_pool, folder / "warm_pool.yaml"),
    )


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
    for pool, file in _pools(settings):
        digest.update(pool.encode() + file.read_bytes())
    return digest.hexdigest()
