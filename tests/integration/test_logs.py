"""Real requests, imports and failing statements about a made-up person: the logs say what happened
and hold nothing of them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from leadflow import observability
from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads import leads as leads_api
from leadflow.observability.logs import get_logger
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.environment import environment
from leadflow.supervisor.services import gateway
from tests.servers import free_port, started

pytestmark = pytest.mark.uncounted

LEAD: dict[str, Any] = {
    "email": "zelda.quux@quuxworks.example",
    "phone": "+49 171 5550199",
    "first_name": "Zelda",
    "last_name": "Quuxova",
    "company_name": "Quuxworks GmbH",
    "job_title": "Head of Quuxing",
    "company_size": 150,
}
CANARIES = ("zelda", "quux", "5550199")
IMPORTED = """contact_id,email,employees,plan,created,stage
1,zelda-at-quuxworks.example,20,basic,2025-01-02,lost
2,zelda.quux@quuxworks.example,20,pro,2025-01-03,won
"""


def holds_no_canary(said: str) -> bool:
    return not any(canary in said.lower() for canary in CANARIES)


@pytest.fixture(scope="module")
def served(engine: Engine) -> Iterator[Child]:
    """A gateway as the supervisor starts it."""
    settings = Settings(
        gateway_port=free_port(), prefect_port=free_port(), model_name="nothing-promoted"
    )
    yield from started(gateway(settings), settings)


@pytest.fixture
def caller(served: Child, store: Engine) -> Iterator[httpx.Client]:
    """A program that calls it."""
    assert served.service.health_url is not None
    address = served.service.health_url.removesuffix("/health")
    with unit_of_work() as session:
        key = create_key(session, "caller", SCOPES, [ANYBODY])
    with httpx.Client(base_url=address, headers={"X-API-Key": key}, timeout=60) as client:
        yield client


def lines_of(served: Child, *request_ids: str) -> list[dict[str, Any]]:
    """The lines of these requests; each is written once its answer has gone out."""
    deadline = time.monotonic() + 30
    found: list[dict[str, Any]] = []
    while len(found) < len(request_ids) and time.monotonic() < deadline:
        time.sleep(0.1)
        lines = map(json.loads, served.log.read_text().splitlines())
        found = [line for line in lines if line.get("request_id") in request_ids]
    return found


def test_a_request_is_one_line_with_its_ids_and_nothing_of_the_lead(
    served: Child, caller: httpx.Client
) -> None:
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    made = caller.post("/leads", json=LEAD, headers={"X-Request-ID": "req_made", **trace})
    assert made.status_code == 201, made.text
    lead_id = made.json()["lead"]["id"]
    caller.get(f"/leads/{lead_id}/status", headers={"X-Request-ID": "req_read"})
    [line] = lines_of(served, "req_made")
    assert (line["event"], line["level"]) == ("request", "info")
    assert (line["method"], line["route"], line["status"]) == ("POST", "/leads", 201)
    assert line["caller"] == "key:caller"
    assert line["duration_ms"] > 0
    assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    [line] = lines_of(served, "req_read")
    assert (line["route"], line["lead_id"]) == ("/leads/{lead_id}/status", lead_id)
    assert holds_no_canary(served.log.read_text())


def test_what_is_refused_or_not_found_is_not_repeated_in_the_log(
    served: Child, caller: httpx.Client
) -> None:
    email = LEAD["email"]
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/leads", {"json": LEAD | {"company_size": "Quuxworks"}}),
        ("POST", "/leads", {"content": b'{"email": "zelda.quux@quuxworks.example'}),
        ("GET", f"/leads/{email}/status", {}),
        ("GET", f"/nothing/{email}", {"params": {"name": "Zelda Quuxova"}}),
        ("POST", "/session", {"json": {"username": email, "password": "Quuxova"}}),
        ("GET", "/rules/scoring", {"headers": {"X-API-Key": "lf_zelda"}}),
    ]
    ids = [f"refused_{number}" for number in range(len(asked))]
    for request_id, (method, path, more) in zip(ids, asked, strict=True):
        headers = more.pop("headers", {}) | {"X-Request-ID": request_id}
        assert caller.request(method, path, headers=headers, **more).status_code >= 400
    said = lines_of(served, *ids)
    assert len(said) == len(ids)
    assert {"none", "/leads", "/leads/{lead_id}/status"} <= {line["route"] for line in said}
    assert holds_no_canary(served.log.read_text())


def test_a_request_that_fails_leaves_its_traceback_with_its_id(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"could not work on {LEAD['email']} of {LEAD['company_name']}")

    monkeypatch.setattr(leads_api, "standing_of", broken)
    answer = client.get(
        "/leads/lead_0123456789abcdef/status", headers={"X-Request-ID": "req_fails"}
    )
    assert answer.status_code == 500
    lines = map(json.loads, capsys.readouterr().err.splitlines())
    # Others, such as that of the model being loaded, may come between.
    [line] = [line for line in lines if line.get("request_id") == "req_fails"]
    assert (line["event"], line["level"], line["status"]) == ("request failed", "error", 500)
    assert line["request_id"] == "req_fails"
    assert line["lead_id"] == "lead_0123456789abcdef"
    assert "in broken" in line["exception"]
    assert holds_no_canary(str(line))


WARN = """
import warnings
from leadflow.observability import process
process.begin("test")
warnings.warn("zelda.quux@quuxworks.example is no address")
"""


def test_a_warning_is_a_line_as_any_other_and_leaves_its_words_out() -> None:
    command = [sys.executable, "-c", WARN]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    [line] = map(json.loads, done.stderr.splitlines())
    assert (line["level"], line["service"]) == ("warning", "test")
    assert holds_no_canary(done.stderr)


def test_a_statement_that_fails_leaves_no_values(
    store: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    log = get_logger("leadflow.tests")
    failing = (
        ("SELECT CAST(:value AS integer)", {"value": LEAD["company_name"]}),
        ("SELECT * FROM leads WHERE nothing = :value", {"value": LEAD["email"]}),
        (
            "INSERT INTO people (id, username, display_name) SELECT :id, 'zelda', 'Zelda Quuxova' "
            "FROM generate_series(1, 2)",
            {"id": "person_quux"},
        ),
    )
    for statement, values in failing:
        with pytest.raises(SQLAlchemyError) as caught, store.begin() as connection:
            connection.execute(text(statement), values)
        log.error("the statement failed", exc_info=caught.value)
        log.error(str(caught.value))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 * len(failing)
    assert "psycopg" in json.loads(lines[0])["exception"]
    assert holds_no_canary("\n".join(lines))


def importing(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """``leadflow import`` of that file, which says all that it can."""
    (folder / "quuxworks.csv").write_text(IMPORTED)
    return subprocess.run(
        [sys.executable, "-m", "leadflow.cli.main", "import", "quuxworks.csv", *words],
        cwd=folder,
        env=os.environ | environment(get_settings()) | {"LEADFLOW_LOG_LEVEL": "DEBUG"},
        capture_output=True,
        text=True,
        check=True,
    )


def test_an_import_leaves_nothing_of_whom_it_brought_in(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quuxworks.csv").write_text(IMPORTED)
    monkeypatch.chdir(tmp_path)
    proposed = CliRunner().invoke(app, ["import", "quuxworks.csv"])
    assert proposed.exit_code == 0, proposed.output
    done = importing(tmp_path, "--mapping", "quuxworks.mapping.yaml")
    assert "2 rows read" in done.stdout
    assert holds_no_canary(done.stderr)


@pytest.mark.long
def test_a_proposal_leaves_nothing_of_who_is_in_the_file(store: Engine, tmp_path: Path) -> None:
    assert holds_no_canary(importing(tmp_path).stderr)


PREFECT_S_SERVER = """
import json, logging, logging.config, sys
logging.config.dictConfig(json.load(open(sys.argv[1])))
from prefect.logging.configuration import setup_logging
setup_logging(incremental=False)
try:
    raise ConnectionError("jane@example.com")
except ConnectionError:
    for name in ("uvicorn.error", "uvicorn", "prefect.server.api", "asyncio", "sqlalchemy.pool"):
        logging.getLogger(name).exception("Exception in ASGI application")
"""


@pytest.mark.long
def test_what_prefect_s_server_and_its_libraries_say_are_lines_like_ours() -> None:
    config = Path(observability.__file__).parent / "uvicorn.json"
    done = subprocess.run(
        [sys.executable, "-c", PREFECT_S_SERVER, str(config)],
        env=os.environ | environment(get_settings()),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(lines) == 5
    assert all("ConnectionError" in line["exception"] for line in lines)
    assert "jane" not in done.stderr
