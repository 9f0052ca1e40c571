"""Real servers for tests: Prefect on the test PostgreSQL, a worker, every deployment.

Each is started once for the whole test run and ended by its own process id.
"""

import socket
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import cache

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from leadflow.integrations.prefect import signed_in
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.deploying import deploy
from leadflow.supervisor.services import Service, prefect_server, worker
from tests.otlp_receiver import Receiver, receiving

EMPTYING = 10
KEPT = "event_types"
# In bytes: 64 pages.
SMALL = 64 * 8192
RESTART = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""


def free_port() -> int:
    """A port nobody listens on, so that servers that run besides are left alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def empty(engine: Engine) -> None:
    """Empty every table, the append-only ones too; of the types of events those that came with
    Leadflow stay. A scheduled run that is at work in them just
    then may be in the way; it is over soon."""
    for attempt in range(EMPTYING):
        try:
            with engine.begin() as connection:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                _empty(connection)
            return
        except OperationalError as error:
            if attempt == EMPTYING - 1 or not isinstance(error.orig, DeadlockDetected):
                raise


def _empty(connection: Connection) -> None:
    """Rows of a few small tables are deleted, which takes a tenth of the time; truncating frees
    what large ones take."""
    names, look = _emptied()
    found = connection.exec_driver_sql(look).tuples().all()
    if any(size > SMALL for _, size, _ in found):
        connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY"))
    else:
        for name, _, filled in found:
            if filled:
                connection.execute(text(f"DELETE FROM {name}"))
        connection.execute(text(RESTART))
    connection.execute(text(f"DELETE FROM {KEPT} WHERE declared_by = 'company'"))


@cache
def _emptied() -> tuple[tuple[str, ...], str]:
    """The tables, and what asks for the size of each and whether there is anything in it. It is
    long, and to look through it for parameters took longer than to ask it."""
    from leadflow.tables import metadata

    names = tuple(table.name for table in metadata.sorted_tables if table.name != KEPT)
    look = " UNION ALL ".join(
        f"SELECT '{name}', pg_relation_size('{name}'), EXISTS (SELECT FROM {name})"
        for name in names
    )
    return names, look


def forget_models(settings: Settings) -> None:
    """Take the registered model out of MLflow: its record of serving is gone with the tables."""
    from mlflow.exceptions import MlflowException

    from leadflow.scoring.serving.champion import registry

    models = registry(settings)
    with suppress(MlflowException):
        models._client().delete_registered_model(models.name)


def started(service: Service, settings: Settings) -> Generator[Child, None, None]:
    """The service, until the end of the test run."""
    child = Child(service, settings.home / "logs")
    try:
        child.wait_healthy(120)
        yield child
    finally:
        child.terminate()
        child.end(time.monotonic() + 10)


@pytest.fixture(scope="session")
def prefect(engine: Engine) -> Iterator[Child]:
    """A Prefect server; flows called in this process are runs it records."""
    settings = get_settings()
    server = started(prefect_server(settings), settings)
    yield next(server)
    # What this process has not told the server yet; it would look for it for a minute later on.
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker_of in (EventsWorker, APILogWorker):
        worker_of.drain_all(timeout=10)
    server.close()


@pytest.fixture(scope="session")
def deployed(prefect: Child) -> list[str]:
    """Every deployment of prefect.yaml. The schedules of the pool of processes are switched off:
    what is due every hour would score a test's leads between two of its lines."""
    from leadflow.supervisor.deploying import deployment_names

    settings = get_settings()
    assert deploy(settings)
    with signed_in(settings) as api:
        of_processes = {"work_pools": {"name": {"any_": [settings.work_pool]}}}
        for found in api.post("/deployments/filter", json=of_processes).raise_for_status().json():
            api.post(f"/deployments/{found['id']}/pause_deployment").raise_for_status()
    return deployment_names()


@pytest.fixture(scope="session")
def traces() -> Iterator[Receiver]:
    """What takes the traces of the worker and its runs."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def working(deployed: list[str], traces: Receiver) -> Iterator[Child]:
    """A worker that runs deployments; traces are kept of it."""
    settings = Settings(otlp_endpoint=traces.endpoint)
    yield from started(worker(settings), settings)
