"""Somebody works with many leads, in a real browser, by the keyboard alone."""

from typing import Any

import pytest

from leadflow.assignment.work.handover import current_assignment
from leadflow.database.engine import unit_of_work
from leadflow.search.stages import stage_of
from tests.browser.conftest import sign_in
from tests.browser.test_campaigns import FITS
from tests.browser.test_console import CONTROLS, NAME
from tests.browser.test_lead_page import WHO
from tests.browser.test_lead_page import lead_id as lead_id

pytestmark = [pytest.mark.browser]
LIST = "/console/leads"
BOARD = f"{LIST}/board"


def test_a_lead_is_found_by_a_key_and_moved_on_the_board(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.keyboard.press("/")
    page.keyboard.type("jo doe")
    page.locator("#quick a").wait_for()
    assert page.url.endswith("/console")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=WHO).wait_for()
    page.goto(f"{console}{BOARD}")
    page.get_by_label("Move the chosen lead to").focus()
    page.keyboard.type("Acc")
    for key in ("Tab", "Tab", "Space", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("heading", name="to “Accepted”?").wait_for()
    page.wait_for_function("document.activeElement.tagName === 'BUTTON'")
    page.keyboard.press("Enter")
    page.locator(".note.good").wait_for()
    with unit_of_work() as session:
        assert stage_of(current_assignment(session, lead_id), None) == "taken"
    # The same with a pointer: a card is dropped on another column.
    page.locator(".card").drag_to(page.locator("[data-stage=in_touch]"))
    page.get_by_role("heading", name="to “In touch”?").wait_for()


def test_pages_of_many_leads_fit_on_a_phone_and_name_each_control(
    browser: Any, console: str, lead_id: str
) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.set_default_timeout(30_000)
    sign_in(page, console, "mark")
    for address in (LIST, BOARD, f"{LIST}/files", f"{LIST}/{lead_id}/move/lost"):
        page.goto(f"{console}{address}")
        for summary in page.locator("main details > summary").all():
            if summary.is_visible():
                summary.click()
        assert page.evaluate(FITS), address
        for control in page.locator(CONTROLS).all():
            assert control.evaluate(NAME), (address, control.evaluate("e => e.outerHTML"))
        assert page.locator("h1").count() == 1, address
    page.goto(f"{console}{LIST}")
    page.get_by_label(WHO.split(",")[0]).check()
    page.get_by_text("Do something with several").click()
    page.get_by_label("Tags to put on them").fill("fair")
    page.get_by_role("button", name="Tag: look at it first").click()
    page.get_by_role("heading", name="Tag 1 lead with fair?").wait_for()
    assert page.evaluate(FITS)
    page.get_by_role("button", name="Tag 1 lead with fair").click()
    page.locator(".note.good").wait_for()
