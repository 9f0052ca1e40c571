"""Rules over HTTP and on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from leadflow.cli.main import app
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import AttributeDefinition
from leadflow.rules.service import NoRules

URL = "/rules/assignment"
SENT: dict[str, Any] = {
    "rules": [
        {
            "rule_id": "auto_assign_high_score",
            "name": "Auto-assign high-scoring leads",
            "conditions": {"total_score": {"operator": "greater_than", "value": 80}},
            "actions": {"assign_lead": True, "strategy": "performance_weighted"},
            "priority": 10,
        }
    ],
    "default": {"assign_lead": True},
}
OTHER: dict[str, Any] = {"rules": []}
runner = CliRunner(env={"COLUMNS": "160"})


def test_rules_are_stored_once_and_read_back(client: TestClient, people: dict[str, str]) -> None:
    missing = client.get(URL)
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/no-rules")
    first = client.put(URL, json=SENT, params={"note": "first", "by": "ana"})
    assert first.status_code == 201, first.text
    said = first.json()
    assert (said["version"], said["active"], said["content"]) == (1, True, SENT)
    assert (said["created_by"], said["note"]) == (people["ana"], "first")
    again = client.put(URL, json=SENT)
    assert (again.status_code, again.json()) == (200, said)
    assert client.get(URL).json() == said


def test_rules_are_stored_without_switching_them_on(client: TestClient) -> None:
    client.put(URL, json=SENT)
    later = client.put(URL, json=OTHER, params={"activate": "false"})
    assert (later.status_code, later.json()["active"]) == (201, False)
    assert client.get(URL).json()["version"] == 1
    listed = client.get(f"{URL}/versions").json()["items"]
    assert [(item["version"], item["active"]) for item in listed] == [(2, False), (1, True)]
    assert listed[0]["created_by"] == "key:test"
    switched = client.post(f"{URL}/versions/2/activate")
    assert (switched.status_code, switched.json()["active"]) == (200, True)
    assert client.get(URL).json()["content"] == OTHER
    assert client.get(f"{URL}/versions/1").json()["content"] == SENT


def test_a_bad_rule_set_is_refused_with_every_place(client: TestClient) -> None:
    with unit_of_work() as session:
        known = {"name": "seats", "label": "Seats", "kind": "numeric", "dimension": "fit"}
        session.add(AttributeDefinition(**known))
    wrong: dict[str, Any] = {
        "total_scor": {"operator": "exists"},
        "attributes.seat": {"operator": "exists"},
    }
    answer = client.put(URL, json={"rules": [SENT["rules"][0] | {"conditions": wrong}]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/rule-invalid")
    places = [error["place"] for error in answer.json()["errors"]]
    assert places == [f"rules[0].conditions.{name}" for name in wrong]
    assert "total_score" in answer.json()["errors"][0]["problem"]
    assert "attributes.seats" in answer.json()["errors"][1]["problem"]
    assert client.get(f"{URL}/versions").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"rules": [], "rules": []}',
        b'{"rules": [], "default": {"x": NaN}}',
        b" " * 1_000_001,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_rule_set_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.put(URL, content=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/rule-invalid")
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"rules": [], "default": {"\\ud800": 1}}', "invalid-input"),
        (b'{"rules": [], "default": {"x": "\\u0000"}}', "invalid-input"),
        (b"[" * 100_000, "bad-request"),
    ],
    ids=["half a character", "NUL", "deep"],
)
def test_what_no_address_takes_is_refused_here_too(
    client: TestClient, body: bytes, kind: str
) -> None:
    answer = client.put(URL, content=body)
    assert answer.status_code in {400, 422}
    assert answer.json()["type"] == f"/problems/{kind}"


def test_there_are_only_rules_that_something_uses(client: TestClient) -> None:
    for answer in (
        client.get("/rules/asignment"),
        client.get("/rules/asignment/versions"),
        client.put("/rules/asignment", json=SENT),
        client.post("/rules/asignment/versions/1/activate"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-such-rules")
        assert "assignment" in answer.json()["detail"]
    answer = client.post(f"{URL}/versions/7/activate")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-rules")
    assert client.post(f"{URL}/versions/0/activate").status_code == 422


def test_rules_need_a_key(anonymous: TestClient) -> None:
    assert anonymous.get(URL).status_code == 401
    assert anonymous.put(URL, content=b"{").status_code == 401


def test_the_command_line_checks_stores_shows_and_goes_back(
    client: TestClient, tmp_path: Path
) -> None:
    client.post("/leads", json={"email": "ada@example.com", "company_size": 100})
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(SENT))
    none = runner.invoke(app, ["rules", "show"])
    assert isinstance(none.exception, NoRules)
    for words in (["check", str(file)], ["import", str(file), "--dry"]):
        checked = runner.invoke(app, ["rules", *words])
        assert checked.exit_code == 0, checked.output
        for word in ("auto_assign_high_score", "(no rule)", "1"):
            assert word in checked.output
    assert "No rules for assignment" in runner.invoke(app, ["rules", "list"]).output
    stored = runner.invoke(app, ["rules", "import", str(file), "--note", "first"])
    assert "Version 1 is stored and active." in stored.output
    again = runner.invoke(app, ["rules", "import", str(file)])
    assert "Version 1 is stored already and active." in again.output
    shown = tmp_path / "shown.yaml"
    shown.write_text(runner.invoke(app, ["rules", "show"]).output)
    assert (
        "Version 1 is stored already" in runner.invoke(app, ["rules", "import", str(shown)]).output
    )
    file.write_text(json.dumps(OTHER))
    later = runner.invoke(app, ["rules", "import", str(file), "--no-activate"])
    assert "leadflow rules activate 2" in later.output
    assert runner.invoke(app, ["rules", "activate", "2"]).exit_code == 0
    listed = runner.invoke(app, ["rules", "list"]).output
    for word in ("first", "terminal:", "not active"):
        assert word in listed
    assert client.get(URL).json()["version"] == 2


def test_the_command_line_says_everything_that_is_wrong(store: Any, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n- {rule_id: a, conditions: {levell: {operator: exists}}}\n")
    told = runner.invoke(app, ["rules", "import", str(file)])
    assert isinstance(told.exception, RuleSetInvalid)
    for place in ("rules[0].name", "rules[0].actions", "rules[0].conditions.levell"):
        assert place in str(told.exception)
    assert "No rules for assignment" in runner.invoke(app, ["rules", "list"]).output
