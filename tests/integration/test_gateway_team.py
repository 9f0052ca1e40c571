"""The sales team over HTTP: read and edited as a file is, each change a version."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

TEAM: dict[str, Any] = {
    "fallback_owner": "max",
    "teams": [{"name": "West", "lead": "ada", "manager": "max"}],
    "territories": [
        {"name": "Germany", "countries": ["DE"]},
        {"name": "Bavaria", "parent": "Germany", "regions": ["BY"]},
        {"name": "Big", "overlay": True, "smallest_company": 1000},
    ],
    "reps": [
        {"id": "ada", "name": "Ada Able", "capacity": 10, "territories": ["Bavaria"]},
        {"id": "bob", "name": "Bob Baker", "capacity": 4, "skills": {"crm": 3}},
        {"id": "max", "name": "Max Manager"},
    ],
}


@pytest.fixture
def team(client: TestClient) -> TestClient:
    answer = client.put("/team", json=TEAM)
    assert answer.status_code == 200, answer.text
    return client


def problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text
    return dict(answer.json())


def test_the_team_is_read_as_it_was_sent_and_sent_again_changes_nothing(team: TestClient) -> None:
    read = team.get("/team").json()
    order = {one["name"]: one for one in read.pop("territories")}
    assert order == {one["name"]: one for one in TEAM["territories"]}
    assert read == {key: value for key, value in TEAM.items() if key != "territories"}
    [version] = team.get("/team/versions").json()["items"]
    assert version["created_by"] == "key:test"
    again = team.put("/team", json=team.get("/team").json())
    assert again.json() == {"version": version["version"]}
    assert len(team.get("/team/versions").json()["items"]) == 1


def test_a_team_that_makes_no_sense_is_refused_with_every_place(team: TestClient) -> None:
    reps = [TEAM["reps"][0] | {"capacity": -1}, TEAM["reps"][1] | {"team": "East"}]
    said = problem(team.put("/team", json=TEAM | {"reps": reps}), 422, "team-invalid")
    assert {error["place"] for error in said["errors"]} == {"reps[0].capacity", "reps[1].team"}
    assert all(error["problem"] for error in said["errors"])
    assert len(team.get("/reps").json()["items"]) == 3
    problem(team.put("/team", json=[]), 422, "invalid-input")


def test_salespeople_are_read_by_either_id_with_how_they_stand(team: TestClient) -> None:
    ada, bob, owner = team.get("/reps").json()["items"]
    assert (ada["external_id"], ada["open_leads"], ada["limit"]) == ("ada", 0, 10)
    assert (owner["limit"], owner["is_fallback"], bob["is_fallback"]) == (None, True, False)
    assert ada["working_now"] is True
    for known in ("ada", ada["id"]):
        found = team.get(f"/reps/{known}").json()
        assert found | {"next_opening": None} == ada | {"next_opening": None}
    problem(team.get("/reps/zoe"), 404, "rep-not-found")
    problem(team.patch("/reps/zoe", json={}), 404, "rep-not-found")


def test_a_salesperson_is_changed_field_by_field(team: TestClient) -> None:
    changes = {"capacity": 8, "ramp_share": 0.5, "languages": ["de"], "skills": {"crm": 5}}
    changed = team.patch("/reps/bob", json=changes)
    assert changed.status_code == 200, changed.text
    assert changed.json().items() >= (changes | {"limit": 4, "name": "Bob Baker"}).items()
    assert len(team.get("/team/versions").json()["items"]) == 2
    said = problem(
        team.patch("/reps/bob", json={"capacity": None, "working_hours": {"mon": ["9-5"]}}),
        422,
        "team-invalid",
    )
    assert [error["place"] for error in said["errors"]] == ["working_hours.mon"]
    for field, value in (("capacity", None), ("territories", ["Mars"]), ("id", "x")):
        said = problem(team.patch("/reps/bob", json={field: value}), 422, "team-invalid")
        assert [error["place"] for error in said["errors"]] == [field]


def test_the_fallback_owner_stays_until_there_is_another(team: TestClient) -> None:
    said = problem(team.patch("/reps/max", json={"active": False}), 422, "team-invalid")
    assert "name another first" in said["errors"][0]["problem"]
    problem(team.patch("/reps/max", json={"is_fallback": False}), 422, "team-invalid")
    problem(team.patch("/reps/ada", json={"is_fallback": True}), 422, "team-invalid")
    team.patch("/reps/max", json={"capacity": 1})
    assert team.patch("/reps/ada", json={"is_fallback": True}).json()["is_fallback"] is True
    assert team.patch("/reps/max", json={"active": False}).json()["active"] is False


def test_days_off_come_and_go(team: TestClient) -> None:
    today = datetime.now(UTC).date()
    path, until = "/reps/ada/days-off", str(today + timedelta(days=2))
    added = team.post(path, json={"from": str(today), "to": until})
    assert added.status_code == 201, added.text
    assert added.json()["days_off"] == [{"from": str(today), "to": until}]
    assert added.json()["working_now"] is False
    assert added.json()["next_opening"][:10] == str(today + timedelta(days=3))
    problem(team.delete(f"{path}/2020-01-01"), 404, "days-off-not-found")
    problem(team.post(path, json={"from": until, "to": str(today)}), 422, "invalid-input")
    back = team.delete(f"{path}/{today}").json()
    assert (back["days_off"], back["working_now"]) == ([], True)


def test_an_earlier_team_is_in_use_again(team: TestClient) -> None:
    [first] = team.get("/team/versions").json()["items"]
    team.patch("/reps/ada", json={"name": "Ada Baker"})
    restored = team.post(f"/team/versions/{first['version']}/restore")
    assert restored.json()["version"] > first["version"]
    assert team.get("/reps/ada").json()["name"] == "Ada Able"
    newest, _, oldest = team.get("/team/versions").json()["items"]
    assert newest["content_hash"] == oldest["content_hash"]
    problem(team.post("/team/versions/999999/restore"), 404, "team-version-not-found")


def test_the_tree_of_territories_is_edited_and_stays_one(team: TestClient) -> None:
    big, germany = team.get("/territories").json()
    assert (big["overlay"], [child["name"] for child in germany["children"]]) == (True, ["Bavaria"])
    assert germany["children"][0]["reps"] == ["ada"]
    path = "/territories/Upper%20Bavaria"
    area = {"parent": "Bavaria", "postal_ranges": ["80000-85999"]}
    assert team.put(path, json=area).status_code == 201
    assert team.put(path, json=area | {"countries": ["DE"]}).status_code == 200
    said = problem(team.put("/territories/Tied", json={"countries": ["DE"]}), 422, "team-invalid")
    assert "Tied and Germany" in said["errors"][0]["problem"]
    said = problem(team.put("/territories/Odd", json={"parent": "Mars"}), 422, "team-invalid")
    assert said["errors"][0]["place"] == "parent"
    said = problem(team.delete("/territories/Germany"), 409, "territory-in-use")
    assert "Bavaria" in said["detail"]
    assert team.delete(path).status_code == 200
    said = problem(team.delete("/territories/Bavaria"), 409, "territory-in-use")
    assert "ada" in said["detail"]
    problem(team.delete("/territories/Mars"), 404, "territory-not-found")
    team.patch("/reps/ada", json={"territories": []})
    assert team.delete("/territories/Bavaria").status_code == 200
    assert [one["name"] for one in team.get("/territories").json()] == ["Big", "Germany"]


def test_without_a_key_nobody_sees_the_team(anonymous: TestClient) -> None:
    for path in ("/team", "/reps", "/territories", "/team/versions"):
        assert anonymous.get(path).status_code == 401
