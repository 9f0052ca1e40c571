"""Which runs the workers take: flows of installed packages, by their names, and nothing else.

Prefect knows one credential. Whoever has it, to answer a form, could else have a worker run any
command: by a deployment that names a file or steps to fetch one, by a variable of a run, by a work
pool that says how its runs are started.
"""

import re
from collections.abc import Mapping
from typing import Any

from prefect.client.schemas.responses import DeploymentResponse

NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


class RunRefused(RuntimeError):
    """The run asks for something that no worker of Leadflow does; the message says what."""


def entrypoint_of(deployment: DeploymentResponse, packages: str) -> str:
    """The flow that a deployment names, ``package.module.function``.

    Args:
        packages: the packages that flows may come from, with commas between.

    Raises:
        RunRefused: it names something else, or asks for steps before its flow is run.
    """
    refused = f"The deployment {deployment.name} is not run"
    if deployment.pull_steps or deployment.storage_document_id is not None:
        raise RunRefused(f"{refused}: it fetches its flow from elsewhere.")
    return own(deployment.entrypoint or "", packages, refused)


def own(named: str, packages: str, refused: str) -> str:
    """The name, where it is one within the packages.

    Raises:
        RunRefused: it is not; the message begins with ``refused``.
    """
    allowed = [one.strip() for one in packages.split(",")]
    inside = any(named.startswith(f"{package}.") for package in allowed)
    if not (inside and NAME.fullmatch(named)):
        raise RunRefused(
            f"{refused}: {named!r} is no package.module.function within {', '.join(allowed)} "
            "(LEADFLOW_FLOW_PACKAGES)."
        )
    return named


def may_run_warm(deployment: DeploymentResponse, packages: str) -> None:
    """Raise where a deployment is none for the warm worker; ``due`` may name a function of ours.

    Raises:
        RunRefused: saying why.
    """
    entrypoint_of(deployment, packages)
    no_variables(deployment.job_variables, frozenset({"due"}))
    due = deployment.job_variables.get("due")
    if due is not None:
        refused = f"The deployment {deployment.name} is not run, by its job variable due"
        own(str(due), f"leadflow,{packages}", refused)


def no_variables(values: Mapping[str, Any], known: frozenset[str] = frozenset()) -> None:
    """Raise where a deployment or a run sets variables of its job.

    Raises:
        RunRefused: naming them.
    """
    unknown = sorted(set(values) - known)
    if unknown:
        raise RunRefused(
            f"The run is not begun: its job variables {', '.join(unknown)} cannot be set here."
        )
