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
