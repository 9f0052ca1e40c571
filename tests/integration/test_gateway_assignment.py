"""A lead that meets a rule has a salesperson in the answer, and everybody's case can be read."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.locks import take_assignment_lock
from leadflow.assignment.tables import Assignment, AssignmentDecision, Rep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.rules.schemas import parse_rules
from leadflow.rules.service import store_rules
from tests.integration.test_gateway import BODY

TEAM = """
territories:
  - {name: US West, countries: [US], regions: [CA]}
reps:
  - {id: west, name: Wanda West, capacity: 1, territories: [US West],
     skills: {crm integration: 4, marketing automation: 2}}
  - {id: world, name: Walt World, capacity: 5, skills: {crm integration: 2}}
  - {id: trainer, name: Tina Trainer, capacity: 5, skills: {sales training: 5}}
"""


@pytest.fixture
def team(client: TestClient, tmp_path: Path) -> dict[str, str]:
    """The ids of the salespeople by the company's own."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        return dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())


def rules(*written: dict[str, Any], default: dict[str, Any] | None = None) -> None:
    whole: dict[str, Any] = {"rules": list(written)} | ({"default": default} if default else {})
    with unit_of_work() as session:
        store_rules(session, "assignment", parse_rules(whole, AssignActions), "test", None, True)


def test_a_qualified_lead_is_answered_with_its_salesperson(
    client: TestClient, team: dict[str, str]
) -> None:
    answer = client.post("/leads", json=BODY).json()
    assert answer["score"]["level"] == "hot"
    assert answer["owner"]["name"] == "Wanda West"
    assert answer["next_step"] == "Wanda West has this lead and gets in touch."
    read = client.get(f"/leads/{answer['lead']['id']}/assignment").json()
    assert read["owner"] == answer["owner"]
    decision = read["decision"]
    assert (decision["source"], decision["rule_id"]) == ("request", "qualified")
    assert [(c["rep_id"], c["chosen"]) for c in decision["candidates"]] == [
        (team["west"], True),
        (team["world"], False),
    ]
    assert [(e["rep_id"], e["constraints"]) for e in decision["excluded"]] == [
        (team["trainer"], ["skill"])
    ]


def test_why_not_me_is_answered_for_anybody(client: TestClient, team: dict[str, str]) -> None:
    lead_id = client.post("/leads", json=BODY).json()["lead"]["id"]

    def why(rep: str) -> str:
        answer = client.get(f"/leads/{lead_id}/assignment", params={"rep": rep})
        return str(answer.json()["why_not"])

    assert why("west").startswith("Got it. Knows crm integration (4 of 5)")
    assert why(team["world"]).startswith("Could have had it: number 2 of 2 with 0.")
    assert why("trainer") == "Could not have it: knows none of what the lead asks for well enough."
    unknown = client.get(f"/leads/{lead_id}/assignment", params={"rep": "nobody"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/rep-not-found")


def test_a_lead_that_meets_no_rule_is_nobodys(client: TestClient, team: dict[str, str]) -> None:
    low = {"operator": "less_than", "value": 1}
    rules({"rule_id": "a", "name": "A", "conditions": {"total_score": low}, "actions": {}})
    answer = client.post("/leads", json=BODY).json()
    assert answer["owner"] is None
    read = client.get(f"/leads/{answer['lead']['id']}/assignment").json()
    assert (read["owner"], read["decision"]) == (None, None)


@pytest.mark.parametrize("actions", [{"strategy": "optimal"}, {"at_once": False}])
def test_what_needs_a_batch_is_left_to_the_sweep(
    client: TestClient, team: dict[str, str], actions: dict[str, Any]
) -> None:
    rules(default=actions)
    answer = client.post("/leads", json=BODY).json()
    assert answer["owner"] is None
    assert answer["next_step"] == "A salesperson gets this lead at the next assignment sweep."


def test_a_lead_that_becomes_hot_by_what_it_does_is_handed_out_then(
    client: TestClient, team: dict[str, str]
) -> None:
    high = {"operator": "greater_than", "value": 60}
    rules({"rule_id": "a", "name": "A", "conditions": {"total_score": high}, "actions": {}})
    answer = client.post("/leads", json={"email": "new@techcorp.com", "location": "Berlin"}).json()
    assert answer["owner"] is None
    path = f"/leads/{answer['lead']['id']}"
    events = [{"type": "meeting"}, {"type": "pricing_view"}, *[{"type": "website_visit"}] * 20]
    said = client.post(f"{path}/events", json=events).json()
    assert said["score"]["total"] > 60
    assert said["next_step"].endswith("has this lead and gets in touch.")
    again = client.post(f"{path}/events", json=[{"type": "meeting"}]).json()
    assert again["next_step"] == said["next_step"]
    with unit_of_work() as session:
        assert len(session.scalars(select(Assignment)).all()) == 1


def test_a_request_waits_for_its_turn_only_so_long(
    client: TestClient, team: dict[str, str]
) -> None:
    with unit_of_work() as other:
        take_assignment_lock(other)
        answer = client.post("/leads", json=BODY)
    assert answer.status_code == 201
    assert answer.json()["owner"] is None
    assert client.get(f"/leads/{answer.json()['lead']['id']}").status_code == 200


def test_leads_beyond_the_capacity_stay_without_a_salesperson_and_are_listed(
    client: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "team.yaml").write_text("reps:\n  - {id: one, name: One, capacity: 2}")
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    got = [
        client.post("/leads", json=BODY | {"email": f"lead{number}@techcorp.com"}).json()["owner"]
        for number in range(4)
    ]
    assert [owner is not None for owner in got] == [True, True, False, False]
    with unit_of_work() as session:
        made = session.scalars(
            select(AssignmentDecision.reason).where(AssignmentDecision.rep_id.is_(None))
        ).all()
    assert set(made) == {"Nobody can take it: 1 full."}


def test_rules_are_tried_before_they_are_switched_on(
    client: TestClient, team: dict[str, str]
) -> None:
    for number in range(4):
        client.post("/leads", json=BODY | {"email": f"lead{number}@techcorp.com"})
    always_world = {"rules": [], "default": {"reps": ["world"], "strategy": "round_robin"}}
    trial = client.post("/rules/assignment/dry-run?last=3", json=always_world).json()
    assert len(trial["leads"]) == 3
    assert {lead["then"]["rep_id"] for lead in trial["leads"]} == {team["world"]}
    assert trial["per_rule"] == {"default": [0, 3], "qualified": [3, 0]}
    assert trial["per_rep"][team["world"]][1] == 3
    assert client.get("/rules/assignment").status_code == 404


def test_rules_that_name_nobody_there_is_are_refused_with_the_place(
    client: TestClient, team: dict[str, str]
) -> None:
    rule = {"rule_id": "a", "name": "A", "conditions": {"total_score": HIGH}}
    written = {"rules": [rule | {"actions": {"reps": ["world", "wolrd"], "teams": ["north"]}}]}
    answer = client.put("/rules/assignment", json=written)
    assert answer.status_code == 422
    problems = {error["place"]: error["problem"] for error in answer.json()["errors"]}
    assert problems.keys() == {"rules[0].actions.reps[1]", "rules[0].actions.teams[0]"}
    assert "world?" in problems["rules[0].actions.reps[1]"]


HIGH = {"operator": "greater_than", "value": 60}
