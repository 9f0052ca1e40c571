"""What is shown agrees with itself: state before level, counts of one kind, one name a person."""

import time
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.accounts.people import add_person
from leadflow.assignment.tables import Rep
from leadflow.assignment.team.naming import called, names_of_people
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from tests.deciders import signed_in_already
from tests.integration.test_gateway import BODY

ANNA = BODY | {"first_name": "Anna", "last_name": "Berg", "website_visits": 12}


def posted(client: TestClient, **lead: object) -> str:
    for _ in range(120):  # the first request of a process may come before the scorer is loaded
        answer = client.post("/leads", json=lead or ANNA).json()
        if answer["score"] is not None:
            return str(answer["lead"]["id"])
        time.sleep(0.5)
    raise AssertionError("Nothing scores.")


def page_of(client: TestClient, lead_id: str) -> str:
    return client.get(f"/console/leads/{lead_id}").text


def test_an_ended_lead_shows_how_it_ended_before_any_level(client: TestClient) -> None:
    lead_id = posted(client)
    assert 'id="total"' in page_of(client, lead_id)
    assert client.get(f"/leads/{lead_id}").json()["outcome"] is None
    client.post(f"/leads/{lead_id}/outcomes", json={"outcome": "converted"})
    shown = page_of(client, lead_id)
    assert '<span class="total" id="ended">Converted</span>' in shown
    assert 'id="total"' not in shown
    assert "Set the score yourself" not in shown
    assert client.get(f"/leads/{lead_id}").json()["outcome"] == "converted"
    again = client.post("/leads", json=ANNA).json()
    assert (again["outcome"], again["score"]["level"]) == ("converted", "hot")


def test_a_list_shows_the_score_that_counts_and_how_a_lead_ended(client: TestClient) -> None:
    first = posted(client)
    other = ANNA | {"email": "bo@techcorp.com", "first_name": "Bo"}
    second = client.post("/leads", json=other).json()["lead"]["id"]
    client.post(f"/leads/{second}/outcomes", json={"outcome": "lost"})
    override = {"new_score": 81.0, "reason": "met them", "override_by": "test"}
    made = client.post(f"/leads/{first}/score-override", json=override)
    assert made.status_code in (200, 201, 202), made.text
    found = client.post("/console/find", data={"lead": "TechCorp"}).text
    open_one, lost = found.split("<tr>")[2:]
    assert "Anna Berg" in open_one
    assert ">81<" in open_one
    assert "Bo Berg" in lost
    assert 'data-label="Stands">lost<' in lost


def test_what_ai_was_not_asked_has_no_points(client: TestClient) -> None:
    lead_id = posted(client)
    score = client.get(f"/leads/{lead_id}/score").json()
    assert score["dimensions"]["ai"] is None
    assert all(value is not None for name, value in score["dimensions"].items() if name != "ai")
    assert '<span class="soft">not asked</span>' in page_of(client, lead_id)


def test_what_is_known_and_why_it_scores_so_count_the_same(client: TestClient) -> None:
    lead_id = posted(client, email="ada@techcorp.com", website_visits=12)
    visits = [{"type": "website_visit"}] * 3
    answer = client.post(f"/leads/{lead_id}/events", json=visits)
    assert answer.status_code in (200, 201), answer.text
    shown = page_of(client, lead_id)
    assert "Visited the website 15 times" in shown
    assert "<dt>website visits</dt><dd>15</dd>" in shown


def test_a_person_has_one_name_in_the_header_and_on_every_page(
    client: TestClient, store: Engine, tmp_path: Path
) -> None:
    (tmp_path / "team.yaml").write_text("reps: [{id: r1, name: Laura Petit, capacity: 5}]\n")
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        rep_id = session.scalars(select(Rep.id)).one()
        person = add_person(
            session, "demo_rep", "Demo Rep", ["sales_manager"], "test", rep_id=rep_id
        )
        admin = add_person(session, "root", "Ruth Ott", ["admin"], "test")
        token = signed_in_already(session, person)
        known = names_of_people(session, [person.id, "demo_rep", admin.id, "key:shop", None])
        assert known == {person.id: "Laura Petit", "demo_rep": "Laura Petit", admin.id: "Ruth Ott"}
    lead_id = posted(client)
    headers = {"Authorization": f"Bearer {token}"}
    del client.headers["X-API-Key"]
    said = {"new_score": 80.0, "reason": "met them"}
    made = client.post(f"/leads/{lead_id}/score-override", json=said, headers=headers)
    assert made.status_code in (200, 201, 202), made.text
    shown = client.get(f"/console/leads/{lead_id}", headers=headers).text
    assert ">Laura Petit</a>" in shown
    assert "Laura Petit: met them" in shown
    assert "demo_rep" not in shown.replace("Signed in as demo_rep.", "")


def test_a_lead_is_called_by_name_title_and_company_in_one_line() -> None:
    lead = Lead(id="lead_1", first_name="Anna", last_name="Berg\nBcc: x@y.z", company_name=" Acme ")
    assert called(lead) == "Anna Berg Bcc: x@y.z, Acme"
    assert called(Lead(id="lead_1")) == "lead_1"


def test_a_lead_without_a_company_or_a_name_is_called_by_what_else_is_known_and_by_no_id() -> None:
    came = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)

    def one(**known: str) -> str:
        return called(Lead(id="lead_1", source="webform", created_at=came, **known))

    at_work = {"email": "jo@acme.example", "email_kind": "company"}
    assert one(**at_work, first_name="Jo", job_title="CEO") == "Jo, CEO, acme.example"
    assert one(**at_work, company_name="Acme Ltd") == "Acme Ltd"
    assert one(**at_work) == "acme.example"
    assert one(email="jo@mail.example", email_kind="free") == "Somebody at mail.example"
    assert one(location="Lyon") == "Somebody in Lyon, since 04 March 2026, 09:30 UTC"
    assert one() == "Somebody from webform, since 04 March 2026, 09:30 UTC"
