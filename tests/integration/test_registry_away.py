"""Leads are taken in where MLflow's database is away, from a gateway's first request on."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

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
from tests.gateways import application
from tests.in_process import InProcess
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


@pytest.fixture
def in_this_process(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """A gateway that begins with MLflow's database away."""
    away = without_mlflow()
    for name in ("prefect_port", "mlflow_database_url"):
        monkeypatch.setattr(get_settings(), name, getattr(away, name))
    with InProcess(application()) as caller:
        yield caller


def test_the_first_leads_are_stored_and_answered_at_once(in_this_process: InProcess) -> None:
    _stored_and_answered_at_once(in_this_process)


@pytest.mark.long
def test_the_first_leads_of_a_new_gateway_are_stored_and_answered_at_once(address: str) -> None:
    with httpx.Client(base_url=address, timeout=30) as caller:
        _stored_and_answered_at_once(caller)


def _stored_and_answered_at_once(caller: Any) -> None:
    with unit_of_work() as session:
        key = create_key(session, "caller", ["lead.create", "lead.read"], [])
    begun = time.monotonic()
    answer = caller.post("/leads", json=BODY, headers={"X-API-Key": key}).raise_for_status()
    # MLflow itself would go on trying for a minute and a half.
    assert time.monotonic() - begun < 20
    assert answer.json()["score"]["regime"] == "rubric"
    assert caller.get("/health").json()["parts"]["mlflow"]["status"] == "down"


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
