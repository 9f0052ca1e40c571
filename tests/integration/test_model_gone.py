"""What should serve is gone from MLflow: leads are stored and scored by the rubric, the alarm says
so, and what it advises works."""

import re
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from leadflow.accounts.keys import create_key
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import Learned
from leadflow.settings import Settings, get_settings
from models.registry import Registry
from tests.gateways import application
from tests.in_process import InProcess
from tests.integration.registered_models import NOW, approve
from tests.integration.test_gateway import BODY
from tests.servers import free_port

pytestmark = pytest.mark.uncounted
ADVICE = re.compile(r"leadflow (models rollback \S+ --reason \"\w+\")")


@pytest.fixture(autouse=True)
def same_model(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "model_name", settings.model_name)
    for port in ("prefect_port", "mlflow_port"):
        monkeypatch.setattr(get_settings(), port, free_port())


@contextmanager
def started() -> Iterator[TestClient]:
    """A gateway that has just started."""
    with unit_of_work() as session:
        scopes = ["lead.create", "lead.read", "metrics.read"]
        key = create_key(session, f"caller {time.monotonic_ns()}", scopes, [])
    with InProcess(application()) as client:
        client.headers["X-API-Key"] = key
        yield client


def scored_by(client: TestClient, email: str) -> str:
    body = {**BODY, "email": email, "external_id": email}
    answer = client.post("/leads", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["score"]["regime"])


def said(client: TestClient, status: str) -> str:
    """What health says of the model, once it is so."""
    deadline = time.monotonic() + 60
    while True:
        part = client.get("/health").json()["parts"]["model"]
        if part["status"] == status:
            return str(part["detail"])
        assert time.monotonic() < deadline, part
        time.sleep(0.2)


def in_memory(client: TestClient) -> Any:
    return client.app.state.serving.current()  # type: ignore[attr-defined]


def follow(advice: str) -> None:
    """Do what an error advises, word by word."""
    found = ADVICE.search(advice)
    assert found is not None, advice
    told = CliRunner().invoke(app, shlex.split(found[1]))
    assert told.exit_code == 0, told.output


def files_of(models: Registry, number: str) -> Path:
    where = models._client().get_model_version_download_uri(models.name, number)
    return Path(urlparse(where).path)


def delete_alias(models: Registry, number: str) -> None:
    models.retire()


def delete_files(models: Registry, number: str) -> None:
    shutil.rmtree(files_of(models, number))


def delete_version(models: Registry, number: str) -> None:
    models._client().delete_model_version(models.name, number)


def delete_model(models: Registry, number: str) -> None:
    models._client().delete_registered_model(models.name)


# What was deleted stays so: each takes another version, the last takes all of them.
GONE = [
    (delete_alias, 1, "model"),
    pytest.param(delete_files, 1, "model", marks=pytest.mark.long),
    pytest.param(delete_version, 2, "model", marks=pytest.mark.long),
    (delete_model, 0, "rubric"),
]


@pytest.mark.parametrize(("delete", "serves", "then"), GONE, ids=lambda value: str(value)[:22])
def test_leads_are_scored_by_the_rubric_until_the_advice_is_followed(
    models: Registry,
    learned: list[Learned],
    settings: Settings,
    delete: Callable[[Registry, str], None],
    serves: int,
    then: str,
) -> None:
    number = learned[serves].version
    approve(learned[0], settings, NOW)
    if serves:
        approve(learned[serves], settings, NOW + timedelta(days=1))
    with started() as client:
        said(client, "ok")
        delete(models, number)
        # Files are looked at when they are loaded.
        if delete is not delete_files:
            assert number in said(client, "down")
            assert "leadflow_model_refused 1.0" in client.get("/metrics").text
        assert in_memory(client).version == number
    with started() as client:
        detail = said(client, "down")
        assert "expert rubric meanwhile" in detail
        assert scored_by(client, "after@acme.example") == "rubric"
        assert client.get("/health").status_code == 200
        for figure in ("leadflow_model_loaded 0.0", "leadflow_model_refused 1.0"):
            assert figure in client.get("/metrics").text
        follow(detail)
        said(client, "ok")
        assert (in_memory(client).regime == "rubric") == (then == "rubric")
        assert in_memory(client).version != number or then == "model"
        assert "leadflow_model_refused 0.0" in client.get("/metrics").text
