"""Accept, decline, reassign, return, touch: each recorded, one at a time, nobody over capacity."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.assignment.routing import sweep
from leadflow.assignment.tables import Assignment, AssignmentStep, Rep, RepLoad
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.assignment.work import service as working
from leadflow.assignment.work.event_touches import catch_up_touches
from leadflow.assignment.work.handover import AssignmentChanged, NotAssigned
from leadflow.assignment.work.service import Said
from leadflow.database.engine import unit_of_work
from leadflow.leads.events.recording import EventIn, record_events
from leadflow.settings import get_settings
from tests.deciders import settle_as
from tests.integration.test_assignment import put_lead
from tests.integration.test_gateway import BODY

pytestmark = pytest.mark.uncounted

TEAM = """
reps:
  - {id: ann, name: Ann, capacity: 2, skills: {crm integration: 5}}
  - {id: bob, name: Bob, capacity: 1, skills: {crm integration: 1}}
  - {id: cem, name: Cem, capacity: 5, active: false}
"""


@pytest.fixture
def lead_id(client: TestClient, tmp_path: Path, people: dict[str, str]) -> str:
    """A hot lead that Ann has."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    answer = client.post("/leads", json=BODY).json()
    assert answer["owner"]["name"] == "Ann"
    return str(answer["lead"]["id"])


def test_a_lead_is_accepted_then_touched_and_the_clock_stops(
    client: TestClient, lead_id: str, people: dict[str, str]
) -> None:
    path = f"/leads/{lead_id}/assignment"
    first = client.post(f"{path}/accept", json={"by": "rita"}).json()
    assert (first["state"], first["name"]) == ("accepted", "Ann")
    assert first["due_at"] is not None
    again = client.post(f"{path}/accept").json()
    assert len(again["steps"]) == 1
    touched = client.post(f"{path}/touch", json={"kind": "call", "by": "rita"}).json()
    assert touched["state"] == "touched"
    steps = client.get(f"{path}/steps").json()["items"]
    assert [(step["kind"], step["actor"]) for step in steps] == [
        ("accepted", people["rita"]),
        ("touched", people["rita"]),
    ]
    with unit_of_work() as session:
        assert session.scalars(select(Assignment.next_step_at)).all() == [None]


@pytest.mark.parametrize(("act", "ended"), [("decline", "declined"), ("return", "returned")])
def test_who_lets_a_lead_go_does_not_get_it_again(
    client: TestClient, lead_id: str, act: str, ended: str
) -> None:
    path = f"/leads/{lead_id}/assignment"
    assert client.post(f"{path}/{act}", json={}).status_code == 422
    answer = client.post(f"{path}/{act}", json={"reason": "A friend of mine", "by": "rita"}).json()
    assert (answer["state"], answer["steps"][-1]["reason"]) == (ended, "A friend of mine")
    with unit_of_work() as session:
        sweep.sweep(session, get_settings(), None, datetime.now(UTC))
    read = client.get(path).json()
    assert read["owner"]["name"] == "Bob"
    with unit_of_work() as session:
        ann = session.scalars(select(Rep.id).where(Rep.external_id == "ann")).one()
    assert "turned_down" in {
        name
        for one in read["decision"]["excluded"]
        if one["rep_id"] == ann
        for name in one["constraints"]
    }


def test_a_manager_gives_a_lead_to_somebody_else_with_the_reason(
    client: TestClient, lead_id: str, people: dict[str, str]
) -> None:
    path = f"/leads/{lead_id}/assignment"
    body = {"rep_id": "bob", "by": "sales_manager_1", "reason": "Bob knows them"}
    given = client.post(f"{path}/reassign", json=body).json()
    assert (given["name"], given["why"], given["state"]) == ("Bob", "Bob knows them", "new")
    assert given["steps"][-1]["actor"] == people["sales_manager_1"]
    back = client.post(f"{path}/reassign", json=body | {"rep_id": "ann", "from_rep_id": "bob"})
    assert back.json()["name"] == "Ann"
    stale = client.post(f"{path}/reassign", json=body | {"from_rep_id": "bob"})
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/assignment-changed")
    inactive = client.post(f"{path}/reassign", json=body | {"rep_id": "cem"})
    assert (inactive.status_code, inactive.json()["type"]) == (409, "/problems/rep-inactive")
    unknown = client.post(f"{path}/reassign", json=body | {"rep_id": "zoe"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/rep-not-found")


def test_nobody_is_given_more_than_the_capacity_and_nothing_is_lost_by_trying(
    client: TestClient, lead_id: str
) -> None:
    other = client.post("/leads", json=BODY | {"email": "other@techcorp.com"}).json()
    body = {"rep_id": "bob", "by": "sales_manager_1", "reason": "r"}
    first = client.post(f"/leads/{other['lead']['id']}/assignment/reassign", json=body)
    assert first.json()["name"] == "Bob"
    full = client.post(f"/leads/{lead_id}/assignment/reassign", json=body)
    assert (full.status_code, full.json()["type"]) == (409, "/problems/rep-full")
    assert client.get(f"/leads/{lead_id}/assignment").json()["owner"]["name"] == "Ann"


def test_a_lead_without_a_salesperson_is_given_to_one_by_a_person(
    client: TestClient, lead_id: str
) -> None:
    cold = client.post("/leads", json={"email": "cold@example.com"}).json()["lead"]["id"]
    path = f"/leads/{cold}/assignment"
    assert client.post(f"{path}/accept").json()["type"] == "/problems/not-assigned"
    body = {"rep_id": "ann", "by": "sales_manager_1", "reason": "I know them"}
    assert client.post(f"{path}/reassign", json=body).json()["name"] == "Ann"


@pytest.fixture
def crm_call(client: TestClient) -> None:
    """A type of a company's own: a touch, though its name does not say so."""
    call = {"label": "Call", "counts_as": "rep_call", "done_by": "rep", "touch": True}
    assert client.put("/event-types", json={"event_types": {"crm_call": call}}).is_success


@pytest.mark.parametrize("kind", ["rep_call", "crm_call"])
def test_what_a_salesperson_did_counts_as_getting_in_touch_and_raises_no_score(
    client: TestClient, lead_id: str, crm_call: None, kind: str
) -> None:
    before = client.get(f"/leads/{lead_id}/score").json()
    answer = client.post(f"/leads/{lead_id}/events", json={"type": kind})
    assert answer.status_code == 201, answer.text
    after = client.get(f"/leads/{lead_id}/score").json()
    assert after["contributions"] == before["contributions"]
    work = client.get("/reps/ann/leads").json()["items"]
    assert [(one["lead_id"], one["state"]) for one in work] == [(lead_id, "touched")]
    with unit_of_work() as session:
        [step] = session.scalars(select(AssignmentStep).where(AssignmentStep.kind == "touched"))
        assert step.detail == {"kind": "call"}


@pytest.mark.parametrize("kind", ["rep_email", "crm_call"])
def test_calls_that_come_with_an_import_count_too_but_not_those_before(
    client: TestClient, lead_id: str, crm_call: None, kind: str
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        early = EventIn(type="rep_call", occurred_at=now - timedelta(days=1))
        record_events(session, [(lead_id, early)], now)
        assert catch_up_touches(session, now) == 0
        record_events(session, [(lead_id, EventIn(type=kind))], now + timedelta(seconds=1))
        assert catch_up_touches(session, now) == 1
        assert catch_up_touches(session, now) == 0
    steps = client.get(f"/leads/{lead_id}/assignment/steps").json()["items"]
    assert [(step["kind"], step["actor"]) for step in steps] == [("touched", "crm")]


def test_overdue_leads_are_listed(client: TestClient, lead_id: str) -> None:
    assert client.get("/assignments/overdue").json()["items"] == []
    with unit_of_work() as session:
        made = session.scalars(select(Assignment)).one()
        made.due_at = datetime.now(UTC) - timedelta(minutes=1)
    assert [one["lead_id"] for one in client.get("/assignments/overdue").json()["items"]] == [
        lead_id
    ]
    assert client.get("/assignments/unroutable").json()["items"] == []


def test_of_two_who_act_at_once_one_acts_and_the_other_is_told(
    store: Engine, tmp_path: Path
) -> None:
    (tmp_path / "team.yaml").write_text(TEAM)
    now = datetime.now(UTC)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        lead = put_lead(session, 90, service_requirements=["crm integration"])
        sweep.sweep(session, get_settings(), "skill_based", now)

    def act(number: int) -> str:
        said = Said(f"person {number}", datetime.now(UTC), "ann")
        try:
            with unit_of_work() as session:
                if number % 2:
                    working.decline(session, lead, said, "no time")
                else:
                    working.reassign(session, get_settings(), lead, said, "bob", "mine")
        except (NotAssigned, AssignmentChanged) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(act, range(8)))
    assert said.count("done") == 1
    with unit_of_work() as session:
        open_leads = session.scalars(select(RepLoad.open_leads)).all()
        active = session.scalars(select(Assignment.id).where(Assignment.ended_at.is_(None))).all()
    assert sum(open_leads) == len(active) <= 1


def test_a_salespersons_own_reassignment_waits_for_a_manager_and_is_done_once_one_agrees(
    client: TestClient, lead_id: str, people: dict[str, str], background: None
) -> None:
    path, now = f"/leads/{lead_id}/assignment", datetime.now(UTC)
    body = {"rep_id": "bob", "by": "rita", "reason": "I am on leave"}
    asked = client.post(f"{path}/reassign", json=body)
    assert asked.status_code == 202, asked.text
    approval_id = asked.json()["approval_id"]
    assert client.get(path).json()["owner"]["name"] == "Ann"
    full = client.post(f"{path}/reassign", json=body | {"rep_id": "cem"})
    assert (full.status_code, full.json()["type"]) == (409, "/problems/rep-inactive")
    with unit_of_work() as session:
        # No manager's team has Ann in it, so it was up to an admin at once.
        assert settle_as(session, approval_id, "admin_1", now).words == "Approved."
    deadline = time.monotonic() + 30
    while client.get(path).json()["owner"]["name"] != "Bob":
        assert time.monotonic() < deadline, "nobody carried the approval out"
        time.sleep(0.1)


def test_a_reassignment_is_void_where_somebody_else_has_the_lead_by_now(
    client: TestClient, lead_id: str, people: dict[str, str]
) -> None:
    path, now = f"/leads/{lead_id}/assignment", datetime.now(UTC)
    body = {"rep_id": "bob", "by": "rita", "reason": "I am on leave"}
    approval_id = client.post(f"{path}/reassign", json=body).json()["approval_id"]
    client.post(f"{path}/return", json={"reason": "no time", "by": "rita"})
    with unit_of_work() as session:
        refused = settle_as(session, approval_id, "admin_1", now)
        assert refused.problem == "subject-changed"
    assert client.get(path).json()["owner"] is None
