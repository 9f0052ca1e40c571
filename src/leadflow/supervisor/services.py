"""The servers of an installation: what each is called, how it starts, how to see that it is up."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from leadflow.database import cluster
from leadflow.secret import server_sign_in
from leadflow.settings import Settings
from leadflow.supervisor.environment import (
    LOGGING,
    OF_SENDING,
    SECRETS,
    counting,
    environment,
    sending_environment,
    server_environment,
    tool_environment,
    variable,
)

# How often a worker looks for runs, and how far ahead. The server tells it of new runs at once.
WORKING = {"PREFECT_WORKER_QUERY_SECONDS": "15", "PREFECT_WORKER_PREFETCH_SECONDS": "30"}
# How often a run in a process of its own says that it still lives.
BEAT = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
# What only our own processes may know.
OF_OURS = frozenset(variable(name) for name in SECRETS) | {"PREFECT_API_AUTH_STRING"}
# What only the process may know that hands messages to people over.
OF_SENDERS = frozenset(variable(name) for name in OF_SENDING)
# Where MLflow's server finds what its pages ask for.
SIGN_IN = "LEADFLOW_MLFLOW_SIGN_IN"


@dataclass(frozen=True)
class Service:
    """One server. ``health_url`` answers 200 when it is up; None where there is nothing to ask."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str]
    health_url: str | None
    # Answers 2xx as long as the server does not hang; None where there is nothing to ask.
    live_url: str | None = None
    # Open files that are handed to it, by their numbers.
    hands: tuple[int, ...] = ()
    # Variables of the supervisor's own environment that it does not get.
    withheld: frozenset[str] = frozenset()


def prefect_server(settings: Settings) -> Service:
    """Prefect's API, scheduler and pages."""
    return Service(
        "prefect",
        _uvicorn("deployments.prefect_server:create_app", settings.host, settings.prefect_port),
        tool_environment(settings) | server_environment(settings),
        f"{settings.prefect_url}/api/health",
        withheld=OF_OURS,
    )


def gateway(settings: Settings) -> Service:
    """Leadflow's own HTTP API."""
    return Service(
        "gateway",
        (sys.executable, "-m", "leadflow.gateway.serve"),
        environment(settings) | counting(settings),
        f"{settings.gateway_url}/health",
        live_url=f"{settings.gateway_url}/health/live",
        withheld=OF_SENDERS,
    )


def background(settings: Settings, number: int = 1) -> Service:
    """Consumes the outbox, keeps the audit chain, scores again what has changed. There may be
    several, each with a number."""
    command = (sys.executable, "-m", "leadflow.background.main")
    name = "background" if number == 1 else f"background-{number}"
    variables = environment(settings) | counting(settings)
    return Service(name, command, variables, None, withheld=OF_SENDERS)


def worker(settings: Settings) -> Service:
    """The Prefect worker that runs deployments, each in a process of its own.

    How many at a time is the work pool's to say: with a limit of its own, the worker of Prefect 3.8
    crashes when a run is resumed before the process that suspended it has ended.
    """
    command = ("worker", "start", "--pool", settings.work_pool, "--type", "leadflow-process")
    return Service(
        "worker",
        (sys.executable, "-m", "prefect", *command),
        environment(settings) | counting(settings) | WORKING | BEAT,
        None,
        withheld=OF_SENDERS,
    )


def warm_worker(settings: Settings) -> Service:
    """The worker that runs short flows in its own process (``deployments.warm_worker``), that which
    sends messages of campaigns among them."""
    command = ("worker", "start", "--pool", settings.warm_pool, "--type", "leadflow-warm")
    return Service(
        "warm-worker",
        (sys.executable, "-m", "prefect", *command),
        sending_environment(settings) | counting(settings) | WORKING,
        None,
    )


def mail_server(settings: Settings) -> Service:
    """Takes notifications and keeps them to be looked at; delivers nothing."""
    command = (sys.executable, "-m", "leadflow.integrations.notifications.mailbox")
    return Service("mail", command, tool_environment(settings), None, withheld=OF_OURS)


def mlflow_server(settings: Settings, listening: int) -> Service:
    """MLflow's pages, in one process, on an open socket, whose number is ``listening``. Nothing
    waits for them: models are logged and loaded without."""
    uri = cluster.locate(settings).mlflow.render_as_string(hide_password=False)
    artifacts = (settings.home / "mlartifacts").as_uri()
    log = ("--log-config", str(LOGGING / "uvicorn.json"), "--no-access-log")
    return Service(
        "mlflow",
        (
            *(sys.executable, "-m", "uvicorn", "--factory", "deployments.mlflow_server:create_app"),
            *("--fd", str(listening), *log),
        ),
        tool_environment(settings)
        | {
            SIGN_IN: server_sign_in(settings, "mlflow"),
            # What `mlflow server` hands to its processes, of which it starts more than are needed.
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_REGISTRY_URI": uri,
            "_MLFLOW_SERVER_FILE_STORE": uri,
            "_MLFLOW_SERVER_REGISTRY_STORE": uri,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": artifacts,
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": artifacts,
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        f"{settings.mlflow_url}/health",
        hands=(listening,),
        withheld=OF_OURS,
    )


def _uvicorn(factory: str, host: str, port: int) -> tuple[str, ...]:
    options = ("--host", host, "--port", str(port), "--log-level", "warning", "--no-access-log")
    log = ("--log-config", str(LOGGING / "uvicorn.json"))
    return (sys.executable, "-m", "uvicorn", "--factory", factory, *options, *log)
