"""Types of events over the API and at the terminal, and events of them as they arrive."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from leadflow.accounts.keys import create_key
from leadflow.audit.tables import AuditEntry
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import LeadEvent
from tests.integration.test_gateway_facts import BODY

DEMO: dict[str, Any] = {
    "label": "Asked for a demo",
    "payload": {"type": "object", "properties": {"seats": {"type": "integer"}}},
}


def put(client: TestClient, **types: dict[str, Any]) -> Any:
    return client.put("/event-types", json={"event_types": types})


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["events", *words], env={"COLUMNS": "250"})


def test_a_type_is_put_listed_and_events_of_it_are_taken(client: TestClient) -> None:
    assert put(client, demo=DEMO).json() == {"new": ["demo"], "changed": []}
    assert put(client, demo=DEMO).json() == {"new": [], "changed": []}
    [demo] = [one for one in client.get("/event-types").json()["items"] if one["name"] == "demo"]
    assert demo == DEMO | {
        "name": "demo",
        "counts_as": "demo",
        "dimension": "behavioural",
        "done_by": "lead",
        "touch": False,
        "reopens": False,
        "features": True,
        "declared_by": "company",
    }
    lead_id = client.post("/leads", json=BODY).json()["lead"]["id"]
    sent = {"type": "demo", "payload": {"seats": 4}}
    assert client.post(f"/leads/{lead_id}/events", json=sent).json()["new"] == 1
    with unit_of_work() as session:
        assert session.scalars(select(LeadEvent.payload)).one() == {"seats": 4}


def test_types_that_cannot_be_used_are_answered_with_every_place(client: TestClient) -> None:
    answer = put(client, a=DEMO | {"counts_as": "nothing"}, meeting=DEMO)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/event-types-invalid")
    places = [error["place"] for error in answer.json()["errors"]]
    assert places == ["event_types.a.counts_as", "event_types.meeting"]


def test_a_refused_payload_is_a_problem_and_its_content_is_nowhere(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    put(client, demo=DEMO)
    lead_id = client.post("/leads", json=BODY).json()["lead"]["id"]
    for payload in ({"seats": "canary"}, {"x": "canary" * 2000}, "canary"):
        sent = {"type": "demo", "payload": payload}
        answer = client.post(f"/leads/{lead_id}/events", json=sent)
        assert answer.status_code == 422
        assert "canary" not in answer.text
    assert client.post(
        f"/leads/{lead_id}/events", json={"type": "demo", "payload": {"who": "canary"}}
    ).is_success
    with unit_of_work() as session:
        for entry in session.scalars(select(AuditEntry)):
            assert "canary" not in f"{entry.detail} {entry.before} {entry.after}"
    assert "canary" not in caplog.text


def test_declaring_needs_the_permission_and_reading_only_a_key(anonymous: TestClient) -> None:
    assert anonymous.get("/event-types").status_code == 401
    with unit_of_work() as session:
        anonymous.headers["X-API-Key"] = create_key(session, "crm")
    assert anonymous.get("/event-types").status_code == 200
    assert put(anonymous, demo=DEMO).status_code == 403


def test_types_of_a_file_are_stored_by_the_terminal(store: Engine, tmp_path: Path) -> None:
    file = tmp_path / "events.yaml"
    file.write_text("event_types:\n  demo: {label: Asked for a demo}\n")
    assert "Nothing was stored" in call("import", str(file), "--dry").stdout
    assert "Asked for a demo" not in call("list").stdout
    assert "New: demo" in call("import", str(file)).stdout
    assert "Asked for a demo" in call("list").stdout
    assert "nothing has changed" in call("import", str(file)).stdout
    file.write_text("event_types:\n  demo: {label: Demo}\n")
    assert "Changed: demo" in call("import", str(file)).stdout
