"""The servers of an installation: what each is called, how it starts, how to see that it is up."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from leadflow.database import cluster
from leadflow.settings import Settings
from leadflow.supervisor.environment import (
    LOGGING,
    counting,
    environment,
    server_environment,
)

# How often the worker looks for runs, and how often a run says that it still lives.
WORKING = {"PREFECT_WORKER_QUERY_SECONDS": "2", "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
# The server tells it of new runs at once; it looks ahead further than it looks often.
WARM = {"PREFECT_WORKER_QUERY_SECONDS": "15", "PREFECT_WORKER_PREFETCH_SECONDS": "30"}


@dataclass(frozen=True)
class Service:
    """One server. ``health_url`` answers 200 when it is up; None where there is nothing to ask."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str]
    health_url: str | None


def prefect_server(settings: Settings) -> Service:
    """Prefect's API, scheduler and pages."""
    return Service(
        "prefect",
        _uvicorn("prefect.server.api.server:create_app", settings.host, settings.prefect_port),
        environment(settings) | server_environment(settings),
        f"{settings.prefect_url}/api/health",
    )


def gateway(settings: Settings) -> Service:
    """Leadflow's own HTTP API."""
    return Service(
        "gateway",
        (
            *_uvicorn(
                "leadflow.gateway.application:create_app", settings.host, settings.gateway_port
            ),
            *("--workers", str(settings.gateway_processes)),
        ),
        environment(settings) | counting(settings),
        f"{settings.gateway_url}/health",
    )


def worker(settings: Settings) -> Service:
    """The Prefect worker that runs deployments, each in a process of its own.

    How many at a time is the work pool's to say: with a limit of its own, the worker of Prefect 3.8
    crashes when a run is resumed before the process that suspended it has ended.
    """
    command = ("worker", "start", "--pool", settings.work_pool, "--type", "process")
    return Service(
        "worker",
        (sys.executable, "-m", "prefect", *command),
        environment(settings) | WORKING,
        None,
    )


def warm_worker(settings: Settings) -> Service:
    """The worker that runs short flows in its own process (``deployments.warm_worker``)."""
    command = ("worker", "start", "--pool", settings.warm_pool, "--type", "leadflow-warm")
    return Service(
        "warm-worker",
        (sys.executable, "-m", "prefect", *command),
        environment(settings) | WARM,
        None,
    )


def mail_server(settings: Settings) -> Service:
    """Takes notifications and keeps them to be looked at; delivers nothing."""
    command = (sys.executable, "-m", "leadflow.integrations.notifications.mailbox")
    return Service("mail", command, environment(settings), None)


def mlflow_server(settings: Settings) -> Service:
    """MLflow's pages. Nothing waits for them: models are logged and loaded without."""
    uri = cluster.locate(settings).mlflow.render_as_string(hide_password=False)
    command = ("server", "--host", settings.host, "--port", str(settings.mlflow_port))
    return Service(
        "mlflow",
        (sys.executable, "-m", "mlflow", *command, "--workers", "1"),
        environment(settings)
        | {
            # As a variable, because a password on a command line is seen by everyone.
            "MLFLOW_BACKEND_STORE_URI": uri,
            "MLFLOW_DEFAULT_ARTIFACT_ROOT": (settings.home / "mlartifacts").as_uri(),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        f"{settings.mlflow_url}/health",
    )


def _uvicorn(factory: str, host: str, port: int) -> tuple[str, ...]:
    options = ("--host", host, "--port", str(port), "--log-level", "warning", "--no-access-log")
    log = ("--log-config", str(LOGGING / "uvicorn.json"))
    return (sys.executable, "-m", "uvicorn", "--factory", factory, *options, *log)
