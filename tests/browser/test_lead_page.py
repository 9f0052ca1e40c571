"""A salesperson at work on the page of a lead, in a real browser."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import SCOPES
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.history import history
from leadflow.leads.service import get_lead
from tests.browser.conftest import PASSWORD, sign_in
from tests.integration.test_gateway import BODY

pytestmark = [pytest.mark.browser]
TEAM = """
reps:
  - {id: ann, name: Ann Able, capacity: 5, skills: {crm integration: 5}}
  - {id: bob, name: Bob Best, capacity: 5, skills: {crm integration: 1}}
"""
WHO = "Jo Doe, VP of Marketing, TechCorp Inc"


@pytest.fixture
def lead_id(console: str, people: dict[str, str], tmp_path: Path) -> str:
    """A hot lead that Ann has; Ann and Bob can sign in."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        for name in ("ann", "bob"):
            rep = session.scalars(select(Rep.id).where(Rep.external_id == name)).one()
            add_person(session, name, name, ["sales_rep"], "test", rep_id=rep, password=PASSWORD)
        key = create_key(session, "test", SCOPES)
    body = BODY | {"first_name": "Jo", "last_name": "Doe", "phone": "+1 415 555 0100"}
    answer = httpx.post(f"{console}/leads", json=body, headers={"X-API-Key": key}, timeout=60)
    assert answer.json()["owner"]["name"] == "Ann Able"
    return str(answer.json()["lead"]["id"])


def happened(page: Any) -> list[str]:
    return [row.locator("td").nth(1).inner_text() for row in page.locator("#timeline tr").all()]


def give_to_bob(page: Any, why: str) -> None:
    page.get_by_text("Give it to somebody else").click()
    page.get_by_label("To", exact=True).select_option(label="Bob Best")
    page.get_by_label("Why them").fill(why)
    page.get_by_role("button", name="Give it", exact=True).click()
    page.locator(".note.good").wait_for()


def test_a_salesperson_goes_from_the_inbox_to_having_been_in_touch(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    row = page.locator(".work > li").first
    assert row.locator("time").get_attribute("title")
    row.get_by_role("link", name=WHO, exact=True).click()
    page.get_by_role("heading", name=WHO).wait_for()
    assert page.locator("#contact a").nth(0).get_attribute("href") == f"mailto:{BODY['email']}"
    assert page.locator("#contact a").nth(1).get_attribute("href").startswith("tel:+1")
    assert "25,000 USD" in page.locator("#known").inner_text()
    assert page.get_by_text("as the score counts them").is_visible()
    score = page.locator("#total").inner_text()
    assert set(happened(page)) == {"came in", f"scored {score}, hot", "given to Ann Able"}
    assert happened(page)[-1] == "came in"
    page.get_by_role("button", name="Take it on").click()
    page.locator(".note.good").wait_for()
    assert page.get_by_role("button", name="Take it on").count() == 0
    page.get_by_label("How").select_option("meeting")
    page.get_by_role("button", name="Got in touch").click()
    page.get_by_text("the clock has stopped").wait_for()
    assert "In touch since" in page.locator("#work").inner_text()
    assert happened(page)[:2] == ["got in touch (meeting)", "accepted"]
    page.goto(f"{console}/console")
    assert page.get_by_text("You wait for the answer of 1 lead.").is_visible()


def test_a_lead_is_let_go_with_a_reason_by_the_keyboard(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.keyboard.press("l")
    page.keyboard.type("On the other side of the country")
    page.keyboard.press("Enter")
    page.locator(".note.good").wait_for()
    assert "The next sweep gives it to somebody else" in page.locator(".note").inner_text()
    assert "Nobody." in page.locator("#work").inner_text()
    with unit_of_work() as session:
        made = session.scalars(select(Assignment)).one()
        assert made.end_reason == "declined"


def test_who_acts_on_an_old_page_is_told_who_has_it_and_nothing_happens(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "root")
    page.goto(f"{console}/console/leads/{lead_id}")
    other = page.context.new_page()
    other.goto(f"{console}/console/leads/{lead_id}")
    give_to_bob(other, "Knows them from before")
    assert "Bob Best" in other.locator("#work").inner_text()
    page.get_by_role("button", name="Take it on").click()
    page.locator(".note.bad").wait_for()
    assert "Somebody else has this lead by now" in page.locator(".note.bad").inner_text()
    with unit_of_work() as session:
        open_one = session.scalars(select(Assignment).where(Assignment.ended_at.is_(None))).one()
        assert open_one.accepted_at is None
        happened = history(session, get_lead(session, lead_id))
        told = [entry.what for entry in sorted(happened, key=lambda entry: entry.at, reverse=True)]
        assert told[0] == "given to Bob Best"
        assert told.count("given to Bob Best") == 1


@pytest.mark.long
def test_a_salesperson_who_wants_to_pass_a_lead_on_asks(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    give_to_bob(page, "Bob knows this market")
    assert "It waits until somebody who may has agreed" in page.locator(".note").inner_text()
    with unit_of_work() as session:
        approval = session.scalars(select(Approval)).one()
        assert (approval.kind, approval.status) == ("assignment_override", "waiting")
    page.goto(f"{console}/console")
    asked = page.locator("section").filter(has_text="You have asked for")
    assert f"Give {WHO} to bob?" in asked.inner_text()


def test_a_lead_is_found_by_its_address_or_company_by_those_who_may_see_it(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    for said in (" John.Doe@TechCorp.com ", "techcorp", lead_id):
        page.goto(f"{console}/console")
        page.get_by_label("Find a lead").fill(said)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=WHO).wait_for()
    page.get_by_label("Find a lead").fill("100%")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="No lead found").wait_for()
    # No address that is searched for gets into the address of a page, which is logged.
    assert page.url.endswith("/console/find")
    page.context.clear_cookies()
    sign_in(page, console, "bob")
    page.get_by_label("Find a lead").fill("techcorp")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="No lead found").wait_for()
    page.goto(f"{console}/console/leads/{lead_id}")
    assert "where they are your own, or nobody's" in page.get_by_role("alert").inner_text()


@pytest.mark.long
def test_more_than_one_lead_that_fits_is_listed_the_best_first(
    page: Any, console: str, lead_id: str
) -> None:
    with unit_of_work() as session:
        key = create_key(session, "second", SCOPES)
    small = {"email": "x@techcorp.example", "company_name": "TechCorp Two", "last_name": "Ix"}
    httpx.post(f"{console}/leads", json=small, headers={"X-API-Key": key}, timeout=60)
    sign_in(page, console, "root")
    page.get_by_label("Find a lead").fill("TECHCORP")
    page.keyboard.press("Enter")
    page.locator("#found").wait_for()
    rows = page.locator("#found tbody tr, #found > tr").all_inner_texts()
    assert [WHO in rows[0], "Ann Able" in rows[0]] == [True, True]
    assert "Ix, TechCorp Two" in rows[1]
    scores = [int(row.split("\t")[1]) for row in rows]
    assert scores == sorted(scores, reverse=True)
