"""People see and settle what leaves by the API and at the terminal."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from typer.testing import CliRunner

from leadflow.cli.access.identity import MayNotHere
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.outbox.service import enqueue
from leadflow.outbox.tables import OutboxRow
from tests.terminal import sign_in


@pytest.fixture
def acts(store: Engine) -> dict[str, str]:
    """One act that is uncertain, one that found nobody, one that is done; ids by state."""
    states = ("uncertain", "nothing_done", "done")
    with unit_of_work() as session:
        for state in states:
            enqueue(session, "paint", state, {"lead_id": "lead_1"})
        rows = {row.key: row for row in session.query(OutboxRow)}
        for state in states:
            rows[state].status, rows[state].ended_at = state, datetime.now(UTC)
            rows[state].why = "no address" if state == "nothing_done" else None
        return {state: rows[state].id for state in states}


def test_a_program_reads_the_outbox_and_settles_nothing(
    client: TestClient, acts: dict[str, str]
) -> None:
    found = client.get("/outbox", params={"state": ["uncertain", "nothing_done"]}).json()["items"]
    assert {row["id"]: row["why"] for row in found} == {
        acts["uncertain"]: None,
        acts["nothing_done"]: "no address",
    }
    body = {"status": "done", "reason": "so"}
    assert client.post(f"/outbox/{acts['uncertain']}/settle", json=body).status_code == 403


def test_an_operator_settles_and_retries_at_the_terminal_and_nobody_else(
    acts: dict[str, str],
) -> None:
    shown = CliRunner().invoke(app, ["outbox", "list"], env={"COLUMNS": "40"}).output
    assert acts["uncertain"] in shown
    assert "no address" in shown
    assert acts["done"] not in shown
    words = ["outbox", "settle", acts["uncertain"], "--as", "done", "--why", "I rang them up"]
    sign_in("rita", "sales_rep")
    assert isinstance(CliRunner().invoke(app, words).exception, MayNotHere)
    sign_in("opal", "operator")
    assert "is done now" in CliRunner().invoke(app, words).output
    again = ["outbox", "retry", acts["nothing_done"], "--why", "she has an address now"]
    assert "waits to be performed" in CliRunner().invoke(app, again).output
    done = ["outbox", "retry", acts["done"], "--why", "so"]
    assert "only uncertain, failed, nothing_done" in str(CliRunner().invoke(app, done).exception)
