"""A file of leads is brought in, and a segment is written, by the keyboard alone in a real
browser."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import choose_file, sign_in

pytestmark = [pytest.mark.browser]
FILE = Path(__file__).parents[2] / "examples" / "leads.csv"
SEGMENT = """segments:
  shops:
    conditions:
      industry: {operator: equals, value: retail}
"""


def press_on(page: Any, role: str, name: str) -> None:
    """Go to a control as the keyboard does, and press Enter."""
    control = page.get_by_role(role, name=name, exact=True)
    control.focus()
    assert control.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")


def test_a_file_is_brought_in_and_its_progress_survives_leaving_the_page(
    page: Any, console: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "mark")
    press_on(page, "link", "Imports")
    page.get_by_role("heading", name="Bring leads in from a file").wait_for()
    page.get_by_label("A file of leads").focus()
    choose_file(page, FILE, lambda: page.keyboard.press("Enter"))
    press_on(page, "button", "Send it")
    page.get_by_role("heading", name="All 24 rows can be imported").wait_for()
    meaning = page.get_by_label("Industry", exact=True)
    assert meaning.input_value() == "fields.industry"
    meaning.focus()
    page.keyboard.type("one of")
    press_on(page, "button", "Look at the rows with this")
    page.get_by_text("These are the rows as they would be now.").wait_for()
    assert page.get_by_label("Industry", exact=True).input_value() == "attributes.categorical"
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    press_on(page, "button", "Import 24 rows")
    page.get_by_text("You can leave this page").first.wait_for()
    page.goto(f"{console}/console/imports")
    press_on(page, "link", "leads.csv")
    page.get_by_role("heading", name="24 rows imported").wait_for()
    press_on(page, "link", "Take it back")
    page.get_by_text("24 leads that it had made are deleted").wait_for()
    press_on(page, "button", "Take it back")
    page.get_by_role("heading", name="It was taken back").wait_for()


def test_a_segment_is_written_and_checked_as_it_is_typed(
    page: Any, console: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "mark")
    page.goto(f"{console}/console/configuration/segments?name=%2B")
    text = page.get_by_role("textbox", name="as YAML")
    text.focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(SEGMENT.replace("industry", "industri"))
    page.get_by_text("Did you mean industry?").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(SEGMENT)
    page.keyboard.press("Control+End")
    page.keyboard.type("      bud")
    page.get_by_role("option", name="budget").wait_for()
    page.wait_for_timeout(200)  # so long after it has come, Enter does not take it for meant
    page.keyboard.press("Enter")
    page.keyboard.type("{operator: exists}")
    page.get_by_role("heading", name="It is in order, and would change this").wait_for()
    press_on(page, "button", "Apply")
    page.get_by_text("It counts from now on. New: shops.").wait_for()
