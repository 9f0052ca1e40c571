"""Over HTTP, a person's score counts beside the model's, for a while, with a reason."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from typer.testing import CliRunner

from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.tables import ScoreOverride
from tests.deciders import settle

REASON = "Strong interest shown in demo call"


def body(new_score: float, **more: Any) -> dict[str, Any]:
    return {"new_score": new_score, "reason": REASON, "override_by": "sales_manager_1"} | more


@pytest.fixture
def lead(client: TestClient, people: dict[str, str]) -> dict[str, Any]:
    """A lead's path and what the model says of it."""
    answer = client.post("/leads", json={"email": "ada@example.com", "company_size": 100}).json()
    path = f"/leads/{answer['lead']['id']}"
    return {"path": path, "score": answer["score"], "url": f"{path}/score-override"}


def made() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(ScoreOverride)) or 0


def test_both_scores_are_shown_and_the_persons_decides_what_comes_next(
    client: TestClient, lead: dict[str, Any]
) -> None:
    model = lead["score"]["total"]
    answer = client.post(lead["url"], json=body(model + 25))
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["override"]["new_score"] == model + 25
    assert said["override"]["model_score"] == model
    assert said["override"]["reason"] == REASON
    days = datetime.fromisoformat(said["override"]["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < days <= timedelta(days=30)
    assert said["override"]["level"] != lead["score"]["level"]
    shown = lead["score"] | {"override": said["override"]}
    assert said["score"] == shown
    assert client.get(f"{lead['path']}/score").json().items() >= shown.items()
    for view in (client.get(lead["path"]), client.get(f"{lead['path']}/status")):
        assert view.json()["score"] == shown
        assert view.json()["next_step"] == said["next_step"]
        assert said["next_step"].startswith("By the score set by hand, until 2")
        assert "next assignment sweep" in said["next_step"]
    again = client.post(lead["url"], json=body(model + 20))
    assert (again.status_code, again.json()["score"]["override"]["new_score"]) == (200, model + 20)


def test_the_model_goes_on_scoring_beside_an_override(
    client: TestClient, lead: dict[str, Any]
) -> None:
    client.post(lead["url"], json=body(lead["score"]["total"] + 10))
    answer = client.post(f"{lead['path']}/events", json={"type": "meeting"}).json()
    assert answer["score"]["total"] > lead["score"]["total"]
    assert answer["score"]["override"]["model_score"] == lead["score"]["total"]


def test_a_large_change_waits_for_another_manager_and_then_counts(
    client: TestClient, lead: dict[str, Any], background: None
) -> None:
    answer = client.post(lead["url"], json=body(lead["score"]["total"] + 31))
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert (said["override"]["status"], said["score"]["override"]) == ("waiting", None)
    approval_id = said["override"]["approval_id"]
    assert approval_id in said["next_step"]
    shown = CliRunner().invoke(app, ["overrides"], env={"COLUMNS": "200"}).output
    assert "waiting" in shown
    with unit_of_work() as session:
        settle(session, approval_id, datetime.now(UTC))
    give_up = time.monotonic() + 60
    while (score := client.get(f"{lead['path']}/score").json())["override"] is None:
        assert time.monotonic() < give_up, "nobody carried the approval out"
        time.sleep(0.1)
    assert score["override"]["status"] == "active"
    assert score["total"] == lead["score"]["total"]


def test_a_rejected_change_stops_waiting(
    client: TestClient, lead: dict[str, Any], background: None
) -> None:
    said = client.post(lead["url"], json=body(lead["score"]["total"] + 31)).json()
    with unit_of_work() as session:
        approval_id = said["override"]["approval_id"]
        settle(session, approval_id, datetime.now(UTC), "reject")
    give_up = time.monotonic() + 60
    while True:
        with unit_of_work() as session:
            if session.scalars(select(ScoreOverride.status)).one() == "rejected":
                break
        assert time.monotonic() < give_up, "the override goes on waiting"
        time.sleep(0.1)
    assert client.get(f"{lead['path']}/score").json()["override"] is None


def test_an_override_is_withdrawn_once(client: TestClient, lead: dict[str, Any]) -> None:
    client.post(lead["url"], json=body(lead["score"]["total"] + 25))
    answer = client.delete(lead["url"], params={"by": "ana"})
    assert (answer.status_code, answer.json()["override"]["status"]) == (200, "withdrawn")
    assert answer.json()["score"] == lead["score"]
    again = client.delete(lead["url"])
    assert (again.status_code, again.json()["type"]) == (404, "/problems/no-override")


def test_an_override_sent_twice_under_one_key_is_made_once(
    client: TestClient, lead: dict[str, Any]
) -> None:
    wanted, key = body(lead["score"]["total"] + 5), {"Idempotency-Key": "o-1"}
    first = client.post(lead["url"], json=wanted, headers=key)
    again = client.post(lead["url"], json=wanted, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (201, "true")
    assert again.json() == first.json()
    assert made() == 1
    other = client.post(lead["url"], json=body(5), headers=key)
    assert (other.status_code, made()) == (409, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"new_score": 101},
        {"new_score": -1},
        {"new_score": "85"},
        {"new_score": True},
        {"reason": ""},
        {"reason": "  "},
        {"reason": None},
        {"override_by": " "},
        {"expires_at": "2030-01-01T00:00:00"},
        {"color": "red"},
    ],
)
def test_an_override_without_a_score_a_reason_or_a_name_is_refused(
    client: TestClient, lead: dict[str, Any], wrong: dict[str, Any]
) -> None:
    answer = client.post(lead["url"], json=body(50) | wrong)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert [error["field"] for error in answer.json()["errors"]] == list(wrong)
    assert made() == 0


@pytest.mark.parametrize("days", [-1, 400])
def test_an_override_cannot_end_in_the_past_or_in_years(
    client: TestClient, lead: dict[str, Any], days: int
) -> None:
    ends = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    answer = client.post(lead["url"], json=body(50, expires_at=ends))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/expiry-invalid")
    assert made() == 0


def test_a_lead_that_was_never_scored_is_scored_first(
    client: TestClient, people: dict[str, str]
) -> None:
    with unit_of_work() as session:
        unscored = Lead(source="test", known_from=datetime.now(UTC))
        session.add(unscored)
        session.flush()
    answer = client.post(f"/leads/{unscored.id}/score-override", json=body(40))
    assert answer.status_code in (201, 202), answer.text
    assert answer.json()["override"]["model_score"] == answer.json()["score"]["total"]


def test_the_command_line_lists_and_judges_overrides(
    client: TestClient, lead: dict[str, Any]
) -> None:
    runner = CliRunner(env={"COLUMNS": "200"})
    assert "No score is overridden" in runner.invoke(app, ["overrides"]).output
    client.post(lead["url"], json=body(lead["score"]["total"] + 5))
    listed = runner.invoke(app, ["overrides"]).output
    for word in (lead["path"].removeprefix("/leads/"), "active", "sales_manager_1", REASON):
        assert word in listed
    report = runner.invoke(app, ["overrides", "report"])
    assert (report.exit_code, "Too few to say: 0 of the 20" in report.output) == (0, True)
    client.post(f"{lead['path']}/outcomes", json={"outcome": "lost"})
    report = runner.invoke(app, ["overrides", "report"])
    assert "1 lead judged, 0 of them converted" in report.output
    assert "Brier" in report.output
