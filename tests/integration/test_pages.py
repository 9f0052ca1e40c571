"""Every list of the API is read page by page: all of it, nothing twice, in as many statements."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.decision_kinds import KINDS, DecisionKind
from leadflow.approvals.service import Proposal
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, Rep, Team
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.database.engine import unit_of_work
from leadflow.leads.events.own_types import EventTypesIn, declare
from leadflow.leads.tables import Lead
from tests.deciders import signed_in_already
from tests.statements import counted

NOW = datetime.now(UTC)
MANY = 60
LISTS = (
    "/approvals",
    "/approvals?mine=true",
    "/waiting",
    "/outbox",
    "/people",
    "/keys",
    "/event-types",
    "/reps",
    "/reps/ann/leads",
    "/assignments/overdue",
    "/assignments/unroutable",
    "/team/versions",
    "/leads?sort=-score",
)


@pytest.fixture
def world(anonymous: TestClient) -> dict[str, dict[str, str]]:
    """Salespeople with leads, and the headers of some people by username."""
    reps = [{"id": "ann", "name": "Ann", "capacity": 90}, {"id": "bob", "name": "B", "capacity": 9}]
    reps = [one | {"team": "West"} for one in reps] + [{"id": "max", "name": "Max"}]
    reps += [{"id": f"rep{number}", "name": "R", "capacity": 1} for number in range(MANY)]
    team = {"fallback_owner": "max", "teams": [{"name": "West", "manager": "max"}], "reps": reps}
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(team))
        own = dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())
        people = {
            "root": add_person(session, "root", "Root", ["admin"], "test"),
            "ann": add_person(session, "ann", "Ann", ["sales_rep"], "test", rep_id=own["ann"]),
            "max": add_person(session, "max", "Max", ["sales_manager"], "test", rep_id=own["max"]),
        }
        _leads(session, own)
        return {
            name: {"Authorization": f"Bearer {signed_in_already(session, person)}"}
            for name, person in people.items()
        }


@pytest.fixture
def many(world: dict[str, dict[str, str]]) -> Iterator[dict[str, dict[str, str]]]:
    """The same with sixty of everything, and as many decisions again that wait."""
    KINDS["thing"] = DecisionKind("thing", "A thing", lambda *_: {"colour": "red"})
    with unit_of_work() as session:
        asker = add_person(session, "asker", "Asker", ["sales_manager"], "test")
        for number in range(MANY):
            add_person(session, f"person{number}", "P", ["analyst"], "test")
            create_key(session, f"program{number}", ["lead.read"])
        types = {f"own{number}": {"label": "Own", "counts_as": "meeting"} for number in range(MANY)}
        declare(session, EventTypesIn.model_validate({"event_types": types}), "test", NOW)
        for number in range(2 * MANY):
            question = Proposal(
                "thing",
                f"t/{number}",
                "start_flow_run",
                {},
                "# Blue?",
                asker.id,
                replaces="subject",
            )
            approvals.propose(session, question, NOW + timedelta(seconds=number // 3))
    yield world
    del KINDS["thing"]


def _leads(session: Any, own: dict[str, str]) -> None:
    """Of each three leads one is Ann's, one nobody's, and now and then one Bob's."""
    for number in range(3 * MANY):
        lead = Lead(source=str(number), created_at=NOW, known_from=NOW)
        session.add(lead)
        session.flush()
        if number % 3 == 0 or number in (1, 4):
            session.add(
                Assignment(
                    lead_id=lead.id,
                    rep_id=own["ann" if number % 3 == 0 else "bob"],
                    strategy="hybrid",
                    reason="test",
                    source="sweep",
                    assigned_by="test",
                    due_at=None if number % 2 else NOW - timedelta(minutes=number // 6),
                )
            )
        elif number % 3 == 1:
            session.add(
                UnroutableLead(
                    lead_id=lead.id,
                    reason="full",
                    since=NOW,
                    last_tried_at=NOW,
                    decision_id="decision_1",
                )
            )


def read(client: TestClient, path: str, headers: dict[str, str], limit: int) -> list[Any]:
    """All items of a list, page by page."""
    items: list[Any] = []
    path, _, more = path.partition("?")
    asked: dict[str, Any] = {"limit": limit} | dict(parse_qsl(more))
    while True:
        answer = client.get(path, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        # When somebody works next is as of each request.
        items += [one | {"next_opening": None} for one in answer.json()["items"]]
        if answer.json()["next"] is None:
            return items
        asked["cursor"] = answer.json()["next"]


def test_pages_are_the_whole_list_in_its_order_and_take_as_many_statements(
    anonymous: TestClient, many: dict[str, dict[str, str]]
) -> None:
    root = many["root"]
    for path in LISTS:
        whole = read(anonymous, path, root, 500)
        assert len(whole) > MANY / 2 or path == "/team/versions", path
        assert read(anonymous, path, root, 23) == whole, path
        sent = []
        for limit in (1, 50):
            address = path + ("&" if "?" in path else "?") + f"limit={limit}"
            anonymous.get(address, headers=root)
            with counted() as statements:
                anonymous.get(address, headers=root)
            sent.append(len([one for one in statements if "sessions" not in one]))
        assert abs(sent[0] - sent[1]) <= 3, (path, sent)


@pytest.mark.long
def test_decisions_past_the_first_hundred_are_reached(
    anonymous: TestClient, many: dict[str, dict[str, str]]
) -> None:
    ids = [one["subject_id"] for one in read(anonymous, "/approvals", many["root"], 100)]
    assert sorted(ids) == sorted(f"t/{number}" for number in range(2 * MANY))
    # Neither asked nor asked about them: nothing is theirs, on any page.
    assert read(anonymous, "/approvals", many["ann"], 100) == []


def test_a_salesperson_lists_their_own_leads_and_a_manager_those_of_the_team(
    anonymous: TestClient, world: dict[str, dict[str, str]]
) -> None:
    def sources(path: str, who: str) -> set[int]:
        return {int(lead["source"]) for lead in read(anonymous, path, world[who], 50)}

    anns = {number for number in range(3 * MANY) if number % 3 == 0}
    nobodys = {number for number in range(3 * MANY) if number % 3} - {1, 4}
    assert sources("/leads", "ann") == anns
    assert sources("/leads", "root") == set(range(3 * MANY))
    assert sources("/leads?owner=nobody", "ann") == nobodys
    assert sources("/leads?owner=bob", "ann") == set()
    assert sources("/leads?owner=bob", "root") == {1, 4}
    searched = anonymous.post("/leads/search", json={"limit": 500}, headers=world["ann"]).json()
    assert {int(lead["source"]) for lead in searched["items"]} == anns
    reached = sources("/leads", "max")
    assert reached >= anns | {1, 4}


def test_offered_leads_are_listed_too(
    anonymous: TestClient, world: dict[str, dict[str, str]]
) -> None:
    with unit_of_work() as session:
        team = session.scalars(select(Team)).one()
        team.lead_rep_id = session.scalars(select(Rep.id).where(Rep.external_id == "ann")).one()
        bobs = select(Rep.id).where(Rep.external_id == "bob").scalar_subquery()
        made = session.scalars(
            select(Assignment).where(Assignment.rep_id == bobs, Assignment.due_at.is_not(None))
        ).one()
        made.escalation_step = 4
        offered = made.lead_id
    listed = read(anonymous, "/leads", world["ann"], 50)
    assert offered in {lead["id"] for lead in listed}


def test_a_cursor_of_one_list_is_none_of_another(
    anonymous: TestClient, world: dict[str, dict[str, str]]
) -> None:
    root = world["root"]
    cursor = anonymous.get("/people?limit=1", headers=root).json()["next"]
    for path in ("/keys", "/event-types", "/reps"):
        said = anonymous.get(path, params={"cursor": cursor}, headers=root)
        assert said.json()["type"] == "/problems/cursor-refused"
    assert anonymous.get("/people?limit=1001", headers=root).status_code == 422
