"""A gateway on the test store, called as a program would."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.service import create_key
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tests.servers import free_port


@pytest.fixture
def anonymous(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A caller without a key. No model has been promoted, and no other server is up."""
    settings = get_settings()
    monkeypatch.setattr(settings, "model_name", "nothing-promoted")
    monkeypatch.setattr(settings, "prefect_port", free_port())
    monkeypatch.setattr(settings, "mlflow_port", free_port())
    from leadflow.gateway.app import create_app

    with TestClient(create_app(), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(anonymous: TestClient) -> TestClient:
    """A caller with a key."""
    with unit_of_work() as session:
        anonymous.headers["X-API-Key"] = create_key(session, "test")
    return anonymous
