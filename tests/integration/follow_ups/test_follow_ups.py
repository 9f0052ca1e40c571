"""Notes, tasks and tags over the API: kept whole, changed by whom they may be, within reach."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Person
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import end, find_rep
from leadflow.assignment.work.worklist import Day, worklist
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tables import LeadTag, LeadTask
from leadflow.follow_ups.tags import tag, untag
from leadflow.follow_ups.tasks import NewTask, add_task
from leadflow.gateway.api.review.to_do import waits_for
from leadflow.leads.service import LeadNotFound
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Wanted
from tests.deciders import signed_in_already
from tests.integration.test_permissions import TEAM

NOW = datetime.now(UTC)
SECRET = "Her budget is gone until Zebruary"


def assign(session: Session, lead_id: str, rep: str) -> Assignment:
    made = Assignment(
        lead_id=lead_id,
        rep_id=find_rep(session, rep).id,
        strategy="hybrid",
        reason="test",
        source="sweep",
        assigned_by="test",
    )
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def leads(client: TestClient) -> dict[str, str]:
    """A lead of each of three salespeople, and one of nobody; the people who can sign in."""
    found = {}
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        for whose in ("north-one", "north-two", "south-boss", "nobody"):
            lead = Lead(source="test", known_from=NOW)
            session.add(lead)
            session.flush()
            found[whose] = lead.id
            if whose != "nobody":
                assign(session, lead.id, whose)
    return found


@pytest.fixture
def people(leads: dict[str, str]) -> dict[str, dict[str, str]]:
    """The headers of a salesperson, a colleague and their manager."""
    headers = {}
    with unit_of_work() as session:
        for name, role in (
            ("north-one", "sales_rep"),
            ("north-two", "sales_rep"),
            ("north-boss", "sales_manager"),
        ):
            rep_id = find_rep(session, name).id
            person = add_person(session, name, name.title(), [role], "test", rep_id=rep_id)
            token = signed_in_already(session, person)
            headers[name] = {"Authorization": f"Bearer {token}"}
    return headers


def kind_of(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


def test_a_note_is_kept_encrypted_and_the_audit_log_has_no_word_of_it(
    client: TestClient, leads: dict[str, str]
) -> None:
    address = f"/leads/{leads['nobody']}/notes"
    made = client.post(address, json={"text": f"  {SECRET}\nand so on "})
    assert made.status_code == 201, made.text
    assert made.json()["text"] == f"{SECRET}\nand so on"
    one = f"{address}/{made.json()['id']}"
    assert client.patch(one, json={"text": "Other " + SECRET}).json()["revision"] == 2
    assert [note["text"] for note in client.get(address).json()["items"]] == ["Other " + SECRET]
    with unit_of_work() as session:
        notes = session.scalars(text("SELECT t::text FROM lead_notes t")).all()
        entries = session.scalars(text("SELECT t::text FROM audit_log t")).all()
        assert (len(notes), len(entries) > 1) == (1, True)
        assert not [row for row in (*notes, *entries) if "Zebruary" in row]
    assert client.delete(one).status_code == 204
    assert client.get(address).json()["items"] == []
    with unit_of_work() as session:
        acts = session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject == leads["nobody"])
        ).all()
    assert sorted(acts) == ["note.deleted", "note.edited", "note.written"]


def test_a_note_is_changed_by_its_author_or_a_manager_and_by_nobody_else(
    anonymous: TestClient, leads: dict[str, str], people: dict[str, dict[str, str]]
) -> None:
    anonymous.headers.pop("X-API-Key", None)
    lead = leads["nobody"]
    ask = anonymous.request
    made = ask("POST", f"/leads/{lead}/notes", json={"text": "x"}, headers=people["north-one"])
    one = f"/leads/{lead}/notes/{made.json()['id']}"
    refused = ask("PATCH", one, json={"text": "y"}, headers=people["north-two"])
    assert (refused.status_code, kind_of(refused)) == (403, "not-your-note")
    assert ask("DELETE", one, headers=people["north-two"]).status_code == 403
    own = ask("PATCH", one, json={"text": "y", "revision": 1}, headers=people["north-one"])
    assert own.json()["revision"] == 2
    stale = ask("PATCH", one, json={"text": "z", "revision": 1}, headers=people["north-boss"])
    assert (stale.status_code, kind_of(stale)) == (409, "note-changed")
    by_boss = ask("PATCH", one, json={"text": "z", "revision": 2}, headers=people["north-boss"])
    assert (by_boss.json()["text"], by_boss.json()["name"]) == ("z", "N1")
    elsewhere = f"/leads/{leads['north-one']}/notes/{made.json()['id']}"
    assert kind_of(ask("DELETE", elsewhere, headers=people["north-one"])) == "note-not-found"


def test_tasks_are_of_whoever_has_the_lead_overdue_ones_first_and_within_reach(
    anonymous: TestClient, leads: dict[str, str], people: dict[str, dict[str, str]]
) -> None:
    with unit_of_work() as session:
        named = find_rep(session, "north-one").id
        wanted = [
            NewTask(leads["north-one"], "later", NOW + timedelta(days=2)),
            NewTask(leads["north-one"], "some day"),
            NewTask(leads["north-one"], "late", NOW - timedelta(days=1)),
            NewTask(leads["north-two"], "of the colleague", NOW - timedelta(days=2)),
            NewTask(leads["nobody"], "named", NOW - timedelta(days=3), named),
            NewTask(leads["south-boss"], "out of reach", NOW - timedelta(days=9)),
        ]
        ids = add_task(session, wanted, "rule:x", NOW)
    anonymous.headers.pop("X-API-Key", None)

    def seen(who: str, query: str = "") -> list[str]:
        answer = anonymous.get(f"/tasks{query}", headers=people[who])
        return [task["what"] for task in answer.json()["items"]]

    assert seen("north-one") == ["named", "late", "later", "some day"]
    assert seen("north-boss") == ["named", "of the colleague", "late", "later", "some day"]
    assert seen("north-boss", "?rep=north-two") == ["of the colleague"]
    one = f"/leads/{leads['north-one']}/tasks/{ids[2]}"
    done = anonymous.patch(one, json={"status": "done"}, headers=people["north-one"]).json()
    assert (done["status"], done["overdue"], done["name"]) == ("done", False, "N1")
    assert None not in (done["closed_by"], done["closed_at"])
    assert seen("north-one") == ["named", "later", "some day"]
    assert seen("north-one", "?status=done") == ["late"]
    stale = anonymous.patch(
        one, json={"status": "open", "revision": 1}, headers=people["north-one"]
    )
    assert kind_of(stale) == "task-changed"
    again = anonymous.patch(one, json={"status": "open"}, headers=people["north-one"]).json()
    assert (again["status"], again["closed_by"]) == ("open", None)
    refused = anonymous.get(f"/leads/{leads['south-boss']}/tasks", headers=people["north-one"])
    assert kind_of(refused) == "not-yours"


def test_a_task_without_a_name_passes_on_with_its_lead(
    client: TestClient, leads: dict[str, str]
) -> None:
    lead = leads["north-one"]
    made = client.post(f"/leads/{lead}/tasks", json={"what": "Call"}).json()
    assert (made["rep_id"], made["name"]) == (None, "N1")
    with unit_of_work() as session:
        held = session.scalars(select(Assignment).where(Assignment.lead_id == lead)).one()
        end(session, held, "returned", NOW + timedelta(minutes=1))
        assign(session, lead, "south-boss")
    assert client.get("/tasks").json()["items"][0]["name"] == "SB"
    body = {"rep_id": "north-two", "due_at": "2026-03-01T09:00:00Z"}
    named = client.patch(f"/leads/{lead}/tasks/{made['id']}", json=body).json()
    assert (named["name"], named["overdue"]) == ("N2", True)
    nobody = client.post(f"/leads/{lead}/tasks", json={"what": "Call", "rep_id": "zoe"})
    assert kind_of(nobody) == "rep-not-found"


def test_tasks_that_are_due_wait_for_their_salesperson_and_lead_the_list_of_leads(
    client: TestClient, leads: dict[str, str], people: dict[str, dict[str, str]]
) -> None:
    with unit_of_work() as session:
        another = Lead(source="test", known_from=NOW)
        session.add(another)
        session.flush()
        assign(session, another.id, "north-one")
        due = [
            NewTask(leads["north-one"], "Far", NOW + timedelta(days=3)),
            NewTask(another.id, "Call", NOW - timedelta(hours=1)),
        ]
        add_task(session, due, "x", NOW)
        person = session.scalars(select(Person).where(Person.username == "north-one")).one()
        # Those of leads of one's own are in the list of these, first.
        assert [one for one in waits_for(session, person, NOW) if one.kind == "task"] == []
        assert person.rep_id is not None
        lines = worklist(session, person.rep_id, "due", Day(NOW, NOW, (), "EUR"), Wanted(9)).items
        assert lines[0].task is not None
        assert (lines[0].lead.id, lines[0].task.what) == (another.id, "Call")
        second = another.id
    work = client.get("/reps/north-one/leads").json()["items"]
    assert [one["lead_id"] for one in work] == [second, leads["north-one"]]
    assert [one["open_tasks"] for one in work] == [1, 1]
    assert datetime.fromisoformat(work[0]["next_task_due_at"]) == due[1].due_at


def test_tags_are_one_whatever_their_case_and_counted_within_reach(
    anonymous: TestClient, leads: dict[str, str], people: dict[str, dict[str, str]]
) -> None:
    anonymous.headers.pop("X-API-Key", None)
    own, boss = people["north-one"], people["north-boss"]
    one = f"/leads/{leads['north-one']}/tags"
    said = anonymous.post(one, json={"tags": ["VIP", "vip", "Trade  fair"]}, headers=own)
    assert said.json()["tags"] == ["trade fair", "vip"]
    body = {"lead_ids": [leads["north-one"], leads["north-two"]], "add": ["Vip"], "remove": []}
    refused = anonymous.post("/tags", json=body, headers=own)
    assert (refused.status_code, kind_of(refused)) == (403, "not-yours")
    assert anonymous.post("/tags", json=body, headers=boss).json() == {"tagged": 1, "untagged": 0}
    catalogue = anonymous.get("/tags", headers=boss).json()["items"]
    assert catalogue == [{"name": "trade fair", "leads": 1}, {"name": "vip", "leads": 2}]
    assert {"name": "vip", "leads": 1} in anonymous.get("/tags", headers=own).json()["items"]
    assert anonymous.patch("/tags/vip", json={"name": "x"}, headers=own).status_code == 403
    off = anonymous.delete(f"{one}/VIP", headers=own)
    assert off.json()["tags"] == ["trade fair"]


def test_tags_are_renamed_and_two_become_one_only_where_that_is_said(
    client: TestClient, leads: dict[str, str]
) -> None:
    first, second, third = sorted(leads.values())[:3]
    for body in (
        {"lead_ids": [first, second], "add": ["vip"]},
        {"lead_ids": [second, third], "add": ["key"]},
    ):
        assert client.post("/tags", json=body).status_code == 200
    there = client.patch("/tags/vip", json={"name": "Key"})
    assert (there.status_code, kind_of(there)) == (409, "tag-there")
    merged = client.patch("/tags/vip", json={"name": "Key", "merge": True})
    assert merged.json() == {"name": "key", "leads": 2}
    assert client.get("/tags").json()["items"] == [{"name": "key", "leads": 3}]
    assert client.patch("/tags/key", json={"name": "gold"}).json()["leads"] == 3
    assert kind_of(client.patch("/tags/vip", json={"name": "x"})) == "tag-not-found"
    assert client.delete("/tags/gold").json() == {"name": "gold", "leads": 3}
    assert client.get("/tags").json()["items"] == []


def test_services_take_many_leads_and_pass_over_or_refuse_ids_of_none(session: Session) -> None:
    rows = [Lead(source="test", known_from=NOW) for _ in range(3)]
    session.add_all(rows)
    session.flush()
    ids = [row.id for row in rows]
    assert tag(session, [*ids, "lead_none"], ["A", "b"], "rule:x", NOW) == 3
    assert tag(session, ids[:2], ["a"], "rule:x", NOW) == 0
    assert untag(session, ids, ["B"], "rule:x", NOW) == 3
    assert set(session.execute(select(LeadTag.lead_id, LeadTag.tag))) == {(one, "a") for one in ids}
    with pytest.raises(LeadNotFound, match="lead_none"):
        add_task(session, [NewTask(ids[0], "x"), NewTask("lead_none", "x")], "rule:x", NOW)
    assert session.scalars(select(LeadTask)).all() == []
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == ids[0])).all()
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("lead.tagged", {"tags": ["a", "b"]}),
        ("lead.untagged", {"tags": ["b"]}),
    ]
