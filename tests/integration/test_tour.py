"""An address signs somebody in once, and leads through what there is in five steps."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from leadflow.accounts.people import add_person
from leadflow.accounts.sign_in_links import HOLDS, LinkOver, link_token, person_of_link
from leadflow.accounts.tables import Person
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.security import COOKIE
from tests.integration.workflow import acting


@pytest.fixture
def ada(anonymous: TestClient) -> str:
    """The id of an admin without a password."""
    with unit_of_work() as session:
        return add_person(session, "ada", "Ada", ["admin"], "test").id


def link(person_id: str, now: datetime) -> str:
    with unit_of_work() as session:
        return link_token(session, session.get_one(Person, person_id), now)


def test_the_link_asks_first_signs_in_once_and_begins_the_tour(
    anonymous: TestClient, ada: str
) -> None:
    address = f"/console/enter/{link(ada, datetime.now(UTC))}"
    for _ in range(2):
        asked = anonymous.get(address)
        assert "Sign in as Ada" in asked.text
        assert COOKIE not in asked.cookies
    entered = anonymous.post(address, follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/console/tour")
    assert "Ada" in anonymous.get("/console/tour").text
    anonymous.cookies.clear()
    for again in (anonymous.get(address), anonymous.post(address)):
        assert again.status_code == 403
        assert "has signed somebody in before" in again.text


def test_a_link_that_is_old_altered_or_of_somebody_who_left_signs_nobody_in(ada: str) -> None:
    now = datetime.now(UTC)
    token = link(ada, now)
    with unit_of_work() as session:
        assert person_of_link(session, token, now).id == ada
        late = now + HOLDS + timedelta(seconds=2)
        person, until, seal = token.split(".")
        longer = f"{person}.{int(until) + 9999}.{seal}"
        for wrong, moment in ((token, late), (longer, now), (f"{token}0", now), ("", now)):
            with pytest.raises(LinkOver):
                person_of_link(session, wrong, moment)
        session.get_one(Person, ada).active = False
        session.flush()
        with pytest.raises(LinkOver):
            person_of_link(session, token, now)


def test_another_sites_page_signs_nobody_in(anonymous: TestClient, ada: str) -> None:
    address = f"/console/enter/{link(ada, datetime.now(UTC))}"
    answer = anonymous.post(address, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


def test_each_of_the_five_steps_leads_to_a_page_that_there_is(
    anonymous: TestClient, ada: str
) -> None:
    lead = acting.take(email="eve@example.com", company_name="Stone and Sons")
    anonymous.post(f"/console/enter/{link(ada, datetime.now(UTC))}")
    first = anonymous.get("/console/tour").text
    assert f'href="/console/leads/{lead}"' in first
    for step in range(1, 6):
        page = anonymous.get(f"/console/tour?step={step}")
        assert f"step {step} of 5" in page.text
        [there] = [
            line.partition('href="')[2].partition('"')[0]
            for line in page.text.splitlines()
            if 'target="_blank"' in line
        ]
        assert anonymous.get(there).status_code == 200, there
    assert anonymous.get("/console/tour?step=6").status_code == 422
