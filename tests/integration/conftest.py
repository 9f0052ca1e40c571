"""A gateway on the test store, called as a program would."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import SCOPES
from leadflow.database.engine import unit_of_work
from leadflow.observability import gauges
from leadflow.settings import get_settings
from tests.gateways import application
from tests.in_process import InProcess
from tests.servers import free_port


@pytest.fixture
def anonymous(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A caller without a key. No model has been promoted, and no other server is up."""
    settings = get_settings()
    # What was read of an earlier test's leads is nothing of this one's.
    gauges._kept.clear()
    monkeypatch.setattr(settings, "model_name", "nothing-promoted")
    monkeypatch.setattr(settings, "prefect_port", free_port())
    monkeypatch.setattr(settings, "mlflow_port", free_port())
    with InProcess(application()) as client:
        yield client


@pytest.fixture
def client(anonymous: TestClient) -> TestClient:
    """A program that may do whatever a program can, in anybody's name."""
    with unit_of_work() as session:
        anonymous.headers["X-API-Key"] = create_key(session, "test", SCOPES, [ANYBODY])
    return anonymous


ROLES = {
    "sales_manager_1": "sales_manager",
    "sales_manager_2": "sales_manager",
    "ana": "data_scientist",
    "rita": "sales_rep",
    "admin_1": "admin",
}


@pytest.fixture
def people(store: Engine) -> dict[str, str]:
    """Ids of people by username, one or two of each role; none can sign in."""
    with unit_of_work() as session:
        return {
            username: add_person(session, username, username.title(), [role], "test").id
            for username, role in ROLES.items()
        }
