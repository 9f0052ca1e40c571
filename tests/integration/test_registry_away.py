"""Leads are taken in where MLflow's database is away, from a gateway's first request on."""

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.database import cluster
from leadflow.database.cluster import ensure_databases, locate
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import gateway
from tests.integration.test_gateway import BODY
from tests.servers import free_port, started

pytestmark = pytest.mark.uncounted


def without_mlflow() -> Settings:
    """Where nothing listens at the address of MLflow's database."""
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/away"
    return Settings(gateway_port=free_port(), prefect_port=free_port(), mlflow_database_url=nowhere)


@pytest.fixture
def address(store: Engine) -> Iterator[str]:
    settings = without_mlflow()
    running: Iterator[Child] = started(gateway(settings), settings)
    next(running)
    yield settings.gateway_url
    running.close()  # type: ignore[attr-defined]


def test_the_first_leads_are_stored_and_answered_at_once(address: str) -> None:
    with unit_of_work() as session:
        key = create_key(session, "caller", ["lead.create", "lead.read"], [])
    begun = time.monotonic()
    answer = httpx.post(
        f"{address}/leads", json=BODY, headers={"X-API-Key": key}, timeout=30
    ).raise_for_status()
    # MLflow itself would go on trying for a minute and a half.
    assert time.monotonic() - begun < 20
    assert answer.json()["score"]["regime"] == "rubric"
    health = httpx.get(f"{address}/health", timeout=30).json()
    assert health["parts"]["mlflow"]["status"] == "down"


def test_its_absence_is_said_with_the_setting_that_names_it(engine: Engine) -> None:
    [wrong] = ensure_databases(locate(without_mlflow()))
    assert cluster.MLFLOW_SETTING in wrong
    assert ensure_databases(locate(get_settings())) == []


def test_no_process_loads_mlflow_before_there_is_a_model(store: Engine) -> None:
    looked = """
import sys
from leadflow.scoring.serving.champion import serving_scorer
from leadflow.settings import get_settings
assert serving_scorer(get_settings()).regime == "rubric"
assert "mlflow" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", looked], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
