"""The team's pages: who has room and who is late first; what is changed is what was shown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.accounts.people import add_person
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import of_leads
from leadflow.leads.tables import Lead
from leadflow.outbox.tables import OutboxRow
from tests.deciders import signed_in_already

TEAM: dict[str, Any] = {
    "fallback_owner": "max",
    "territories": [
        {"name": "Germany", "countries": ["DE"]},
        {"name": "Bavaria", "parent": "Germany", "regions": ["Bavaria"]},
    ],
    "reps": [
        {"id": "ann", "name": "Ann Archer", "capacity": 2, "territories": ["Bavaria"]},
        {"id": "bob", "name": "Bob Baker", "capacity": 9, "territories": ["Germany"]},
        {"id": "max", "name": "Max Manager"},
    ],
}


@pytest.fixture
def reps(store: Engine) -> dict[str, str]:
    """Ids of the salespeople by the company's own; Ann is full, and one of hers is late."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        ids = dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())
        for late in (True, False):
            lead = Lead(source="test", country="DE", created_at=now, known_from=now)
            session.add(lead)
            session.flush()
            session.add(
                Assignment(
                    lead_id=lead.id,
                    rep_id=ids["ann"],
                    strategy="hybrid",
                    reason="",
                    source="sweep",
                    assigned_by="assign_leads",
                    segment="",
                    assigned_at=now - timedelta(hours=3),
                    due_at=now + timedelta(hours=-1 if late else 1),
                )
            )
        return ids


@pytest.fixture
def mary(anonymous: TestClient, reps: dict[str, str]) -> Iterator[TestClient]:
    """A manager, signed in."""
    with unit_of_work() as session:
        person = add_person(session, "mary", "Mary", ["sales_manager"], "test")
        anonymous.headers["Authorization"] = f"Bearer {signed_in_already(session, person)}"
    yield anonymous
    anonymous.headers.pop("Authorization")


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def capacity(ids: dict[str, str], name: str) -> int | None:
    with unit_of_work() as session:
        return session.get_one(Rep, ids[name]).capacity


def test_who_is_full_or_late_is_said_first(mary: TestClient, reps: dict[str, str]) -> None:
    page = mary.get("/console/team").text
    assert "<h1>1 of 3 salespeople has no more room; 1 lead is late</h1>" in page
    assert page.index("Ann Archer") < page.index("Bob Baker")
    assert "2 of 2" in text_of(page)
    assert "Got in 30 days" in text_of(page)


def test_a_salesperson_sees_room_and_not_how_others_do(
    anonymous: TestClient, reps: dict[str, str]
) -> None:
    with unit_of_work() as session:
        person = add_person(session, "ann", "Ann", ["sales_rep"], "test", rep_id=reps["ann"])
        headers = {"Authorization": f"Bearer {signed_in_already(session, person)}"}
    page = anonymous.get("/console/team", headers=headers)
    assert page.status_code == 200
    assert "Got in 30 days" not in page.text
    assert "/capacity" not in page.text
    picture = anonymous.get("/console/team/conversion.svg", headers=headers)
    assert picture.status_code == 403


def test_a_capacity_is_changed_only_as_it_was_shown(mary: TestClient, reps: dict[str, str]) -> None:
    address = f"/console/team/{reps['ann']}/capacity"
    done = mary.post(address, data={"capacity": "5", "seen": "2"}, follow_redirects=False)
    assert (done.status_code, capacity(reps, "ann")) == (303, 5)
    stale = mary.post(address, data={"capacity": "7", "seen": "2"})
    assert (stale.status_code, capacity(reps, "ann")) == (409, 5)
    odd = mary.post(address, data={"capacity": "a few", "seen": "5", "back": "team"})
    assert (odd.status_code, capacity(reps, "ann")) == (422, 5)
    assert "as a whole number" in odd.text


def test_the_form_of_a_capacity_comes_to_its_place_in_the_list(
    mary: TestClient, reps: dict[str, str]
) -> None:
    address = f"/console/team/{reps['ann']}/capacity"
    alone = mary.get(address, headers={"HX-Request": "true"}).text
    assert 'name="capacity"' in alone
    assert "<html" not in alone
    assert mary.get(address, follow_redirects=False).status_code == 303


def test_a_large_team_shows_first_whoever_needs_a_look(mary: TestClient) -> None:
    many = [{"id": f"rep{n}", "name": f"Rep {n}", "capacity": 3} for n in range(60)]
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate({"reps": many}))
    page = mary.get("/console/team").text
    assert "1 of 63 salespeople has no more room" in page
    assert page.index("Ann Archer") < page.index("Rep ")
    assert "Everybody: 13 more" in page
    assert mary.get("/console/team?everybody=true").text.count("Rep ") == 60


def test_days_off_are_added_and_taken_back(mary: TestClient, reps: dict[str, str]) -> None:
    address = f"/console/team/{reps['bob']}/days-off"
    wrong = mary.post(address, data={"first": "2027-02-05", "last": "2027-02-01"})
    assert wrong.status_code == 422
    mary.post(address, data={"first": "2027-02-01", "last": "2027-02-05"})
    page = mary.get(f"/console/team/{reps['bob']}").text
    assert "2027-02-01 to 2027-02-05" in page
    mary.post(f"{address}/back", data={"first": "2027-02-01"})
    assert "None are written down." in mary.get(f"/console/team/{reps['bob']}").text
    assert mary.post(f"{address}/back", data={"first": "2027-02-01"}).status_code == 409


def test_somebody_leaves_once_it_has_been_shown_who_gets_their_leads(
    mary: TestClient, reps: dict[str, str]
) -> None:
    address = f"/console/team/{reps['ann']}/leaving"
    said = text_of(mary.get(address).text)
    assert "2 leads would go back, 0 of which they have talked to." in said
    assert "Bob Baker 2" in said
    left = mary.post(address, follow_redirects=False)
    assert left.status_code == 303
    with unit_of_work() as session:
        ends = session.scalars(select(Assignment.end_reason)).all()
        assert not session.get_one(Rep, reps["ann"]).active
    assert ends == ["left", "left"]
    owner = mary.post(f"/console/team/{reps['max']}/leaving")
    assert owner.status_code == 409
    assert mary.get("/console/team/nobody/leaving").status_code == 404
    mary.post(f"/console/team/{reps['ann']}/back")
    with unit_of_work() as session:
        assert session.get_one(Rep, reps["ann"]).active


def test_leads_go_to_one_colleague_as_they_were_chosen_who_is_told_once(
    mary: TestClient, reps: dict[str, str]
) -> None:
    address = f"/console/team/{reps['ann']}/hand-on"
    asked = mary.get(f"/console/team/{reps['ann']}/leaving").text
    assert f'href="{address}"' in asked
    assert "Who is to have the leads of Ann Archer?" in mary.get(address).text
    ahead = mary.get(address, params={"to": reps["bob"]}).text
    assert "Give leads of Ann Archer to Bob Baker?" in ahead
    assert "Bob Baker has room for 9 more leads: all 2 fit." in text_of(ahead)
    first, second = re.findall(r'name="lead" value="(\w+)" checked', ahead)
    said = {"to": reps["bob"], "why": "Ann leaves"}
    for wrong in ({"why": "x"}, said, said | {"lead": first, "why": " "}):
        assert mary.post(address, data=wrong).status_code == 422
    himself = mary.post(address, data=said | {"to": reps["ann"], "lead": first})
    assert (himself.status_code, "They have these leads already" in himself.text) == (409, True)
    done = mary.post(address, data=said | {"lead": first}, follow_redirects=False)
    assert (done.status_code, holders(reps)[first]) == (303, "bob")
    assert holders(reps)[second] == "ann"
    late = mary.post(address, data=said | {"lead": [first, second]})
    assert "1 lead is with Bob Baker now. 1 lead was somebody else's by then." in unescape(
        late.text
    )
    assert set(holders(reps).values()) == {"bob"}
    with unit_of_work() as session:
        told = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_rep")).all()
        assert [row.payload["lead_ids"] for row in told] == [[first], [second]]
        given = select(AuditEntry.actor).where(AuditEntry.action == "lead.reassigned")
        assert len(session.scalars(given).all()) == 2
        mail = of_leads("handed_on", "Bob", {first: "Lea"}, 1, "http://x")
    assert mail.subject == "Yours now, from a colleague: Lea"


def test_a_colleague_gets_no_more_than_they_have_room_for(
    mary: TestClient, reps: dict[str, str]
) -> None:
    address = f"/console/team/{reps['ann']}/hand-on"
    mary.post(f"/console/team/{reps['bob']}/capacity", data={"capacity": "1", "seen": "9"})
    ahead = text_of(mary.get(address, params={"to": reps["bob"]}).text)
    assert "has room for 1 more lead: the first 1 of those that you choose go to them" in ahead
    done = mary.post(address, data={"to": reps["bob"], "why": "Ann leaves", "which": "all"})
    assert "1 lead is with Bob Baker now. Bob Baker has no more room: 1 lead stays" in done.text
    assert sorted(holders(reps).values()) == ["ann", "bob"]


def holders(reps: dict[str, str]) -> dict[str, str]:
    """Who has each lead, by the company's own id."""
    called = {own: name for name, own in reps.items()}
    with unit_of_work() as session:
        held = select(Assignment.lead_id, Assignment.rep_id).where(Assignment.ended_at.is_(None))
        return {lead: called[rep] for lead, rep in session.execute(held).tuples()}


def test_the_tester_says_who_would_get_a_lead_and_keeps_nothing(
    mary: TestClient, reps: dict[str, str]
) -> None:
    said = {"country": "Germany", "region": "Bavaria", "level": "hot"}
    page = text_of(mary.post("/console/team/territories", data=said).text)
    # Ann has Bavaria and no room: the territory around it is not hers to give.
    assert "Nobody would get it" in page
    assert "1 full" in page
    page = text_of(mary.post("/console/team/territories", data={**said, "region": ""}).text)
    assert "Bob Baker would get it" in page
    assert "Territory Germany" in page
    cold = text_of(mary.post("/console/team/territories", data={"level": "cold"}).text)
    assert "No rule gives such a lead to anybody." in cold
    wrong = mary.post("/console/team/territories", data={"country": "Nowhere", "region": "X"})
    assert wrong.status_code == 422
    assert 'value="X"' in wrong.text
    with unit_of_work() as session:
        assert len(session.scalars(select(Lead.id)).all()) == 2
