"""Somebody of marketing looks after campaigns, in a real browser."""

from typing import Any

import pytest

from leadflow.campaigns.tables import CampaignMessage, CampaignState
from leadflow.channels.port import Uncertain
from leadflow.database.engine import unit_of_work
from tests.browser.conftest import PASSWORD, sign_in
from tests.browser.test_console import CONTROLS, NAME
from tests.integration.campaigns import running
from tests.integration.campaigns.test_dispatch import Channel, dispatch
from tests.integration.workflow import acting

pytestmark = [pytest.mark.browser]
ONE = f"/console/campaigns/{running.NAME}"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def lead(people: dict[str, str], console: str) -> str:
    """Ada, to whom a message went of which nobody knows whether it arrived."""
    running.launch(goal={"on": ["lead.updated"]})
    made = acting.take(email="ada@example.com", first_name="Ada", last_name="Stone")
    running.enrol(made)
    running.sweep()
    dispatch(Channel(Uncertain("It broke off.")))
    return made


def test_pages_of_campaigns_fit_on_a_phone_and_name_each_control(
    browser: Any, console: str, lead: str
) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, console, "mark")
    with unit_of_work() as session:
        message = session.query(CampaignMessage.id).scalar()
    for address in (
        "/console",
        "/console/campaigns",
        ONE,
        f"{ONE}/stop",
        "/console/messages",
        f"/console/messages/{message}",
        f"/console/leads/{lead}",
    ):
        page.goto(f"{console}{address}")
        assert page.evaluate(FITS), address
        for control in page.locator(CONTROLS).all():
            assert control.evaluate(NAME), (address, control.evaluate("e => e.outerHTML"))
        assert page.locator("h1").count() == 1, address


def test_from_the_first_page_to_an_uncertain_message_that_is_settled_and_a_mail_that_is_seen(
    page: Any, console: str, lead: str
) -> None:
    sign_in(page, console, "mark")
    page.get_by_role("link", name="1 uncertain").click()
    page.get_by_role("link", name="The message to Ada Stone").click()
    page.get_by_role("heading", name="It is uncertain").wait_for()
    assert "was due (this message)" in page.locator("#story").inner_text()
    page.get_by_role("button", name="It did not arrive").click()
    page.locator(".note.good").wait_for()
    page.get_by_role("heading", name="It is failed").wait_for()
    page.get_by_role("link", name="A series").first.click()
    page.locator("#contents summary").first.click()
    mail = page.frame_locator("#contents iframe").first
    mail.get_by_text("No more").wait_for()


def test_a_campaign_is_stopped_without_scripts(browser: Any, console: str, lead: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{console}/console/sign-in")
    page.get_by_label("Username or e-mail address").fill("mark")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{console}{ONE}")
    page.get_by_role("button", name="Stop for good").click()
    assert "cannot be started again" in page.locator("main").inner_text()
    page.get_by_role("button", name="Stop for good").click()
    assert "It is stopped, for good" in page.locator(".note.good").inner_text()
    with unit_of_work() as session:
        assert session.get_one(CampaignState, running.NAME).state == "stopped"
