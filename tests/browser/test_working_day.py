"""A salesperson's day by the keyboard alone, in a real browser."""

from typing import Any

import pytest
from sqlalchemy import select

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tables import LeadNote, LeadTask
from tests.browser import test_lead_page
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]
lead_id = test_lead_page.lead_id


def reach(page: Any, name: str) -> None:
    """By the tab key to the control of this name."""
    for _ in range(40):
        page.keyboard.press("Tab")
        found = page.evaluate("(e => e.ariaLabel || e.innerText)(document.activeElement)")
        if found.startswith(name):
            return
    raise AssertionError(f"The tab key does not reach {name}.")


def test_the_best_lead_is_taken_called_and_kept_in_mind_without_leaving_the_list(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    line = page.locator(f"#line-{lead_id}")
    reach(page, "Take it on")
    page.keyboard.press("Enter")
    line.get_by_text("Taken on.").wait_for()
    reach(page, "Got in touch")
    page.keyboard.press("Enter")
    line.locator("[name=kind]:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("no")
    page.keyboard.press("Tab")
    page.keyboard.type("Rang twice")
    page.keyboard.press("Enter")
    line.get_by_text("your note is kept").wait_for()
    line.locator(".note:focus").wait_for()
    reach(page, "Remind me")
    page.keyboard.press("Enter")
    line.locator("[name=text]:focus").wait_for()
    page.keyboard.type("Ring again")
    page.keyboard.press("Enter")
    line.get_by_text("You are reminded on").wait_for()
    assert page.url.endswith("/console")
    with unit_of_work() as session:
        made = session.scalars(select(Assignment)).one()
        touched = select(AssignmentStep.detail).where(AssignmentStep.kind == "touched")
        assert made.accepted_at is not None
        assert session.scalars(touched).one()["kind"] == "call"
        assert session.scalars(select(LeadNote)).one().words == "Rang twice"
        assert session.scalars(select(LeadTask)).one().what == "Ring again"


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
    assert "Taken on." in page.locator("#work").inner_text()
