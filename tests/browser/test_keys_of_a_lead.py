"""What the keys of a lead's page do, in a real browser."""

from typing import Any

import pytest

from tests.browser import test_lead_page
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]
lead_id = test_lead_page.lead_id


def test_a_page_says_what_its_keys_do_and_they_do_it(page: Any, console: str, lead_id: str) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog")
    keys.wait_for()
    assert "Write a note" in keys.inner_text()
    page.keyboard.press("Escape")
    assert keys.count() == 0
    page.keyboard.press("n")
    # While somebody writes, keys are letters.
    page.keyboard.type("to let them know")
    assert page.get_by_label("Write a note").input_value() == "to let them know"
    page.get_by_label("Write a note").blur()
    page.keyboard.press("t")
    page.locator("#work .note.good").wait_for()
    assert "Accepted." in page.locator("#work").inner_text()


def test_keys_are_those_of_the_lead_that_was_found(page: Any, console: str, lead_id: str) -> None:
    sign_in(page, console, "ann")
    for _ in range(2):
        page.keyboard.press("/")
        page.keyboard.type(lead_id)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/console/leads/{lead_id}*")
        page.get_by_label("Write a note").wait_for()
        page.wait_for_load_state("load")
        page.keyboard.press("n")
        page.wait_for_function("document.activeElement.id === 'note-text'")
        page.get_by_label("Write a note").blur()


def test_who_cannot_reach_the_server_is_told_and_keeps_what_was_typed(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.context.set_offline(True)
    page.get_by_label("Find a lead").press_sequentially("Tech")
    page.get_by_role("alert").get_by_text("Leadflow does not answer. Try again").wait_for()
    page.get_by_label("Write a note").fill("Calls back on Monday")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("alert").get_by_text("may have been done or not").wait_for()
    assert page.get_by_label("Write a note").input_value() == "Calls back on Monday"
    page.context.set_offline(False)
    page.get_by_role("button", name="Keep it").click()
    page.locator("#notes .note.good").wait_for()
    assert page.locator("#away").count() == 0


def test_who_is_signed_out_while_they_type_is_told_and_keeps_what_was_typed(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.get_by_label("Write a note").fill("Calls back on Monday")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("alert").get_by_text("no longer signed in, and nothing was stored").wait_for()
    assert page.get_by_label("Write a note").input_value() == "Calls back on Monday"
    page.context.add_cookies(cookies)
    page.goto(f"{console}/console")
    page.get_by_role("link", name="Got in touch").click()
    page.get_by_label("Note (may be empty)").fill("Spoke to her")
    page.context.clear_cookies()
    page.get_by_role("button", name="Note it").click()
    page.get_by_role("alert").get_by_text("no longer signed in").wait_for()
    assert page.get_by_label("Note (may be empty)").input_value() == "Spoke to her"
    # Nor does what a page asks for by itself lead anybody away.
    page.evaluate("htmx.ajax('GET', '/console', {target: '#main', select: '#main'})")
    page.wait_for_timeout(1000)
    assert page.get_by_label("Note (may be empty)").input_value() == "Spoke to her"
    # A page that is asked for is that of signing in, whole.
    page.get_by_role("link", name="Never mind").click()
    page.wait_for_url("**/console/sign-in**")
    assert page.locator("header.top").count() == 1
