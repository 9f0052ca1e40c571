"""Real servers for tests: Prefect on the test PostgreSQL, a worker, every deployment.

Each is started once for the whole test run and ended by its own process id.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from leadflow.settings import Settings, get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.deploying import deploy
from leadflow.supervisor.services import Service, prefect_server, worker


def started(service: Service, settings: Settings) -> Iterator[Child]:
    """The service, until the end of the test run."""
    import time

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
    yield from started(prefect_server(settings), settings)


@pytest.fixture(scope="session")
def deployed(prefect: Child) -> list[str]:
    """Every deployment of prefect.yaml."""
    from leadflow.supervisor.deploying import deployment_names

    assert deploy(get_settings())
    return deployment_names()


@pytest.fixture(scope="session")
def working(deployed: list[str]) -> Iterator[Child]:
    """A worker that runs deployments."""
    settings = get_settings()
    yield from started(worker(settings), settings)
