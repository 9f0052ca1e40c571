"""Five tasks of a day, each from the sign-in page by whoever has it, in at most five clicks.

A click is one of the mouse in a page, that on "Sign in" and that on the field of a file among them.
Typing is none, nor is opening the sign-in page.
"""

from typing import Any

import pytest
from sqlalchemy import select

from leadflow.assignment.tables import AssignmentStep
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.serving.score import current_score
from tests.browser import sales_world
from tests.browser.conftest import PASSWORD, choose_file
from tests.browser.sales_world import BEST, FILE, ROWS, World

pytestmark = [pytest.mark.browser]
MOST = 5
# Those that a key causes have no mouse.
COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted && event.pointerType === "mouse")
    sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);
// Nothing here makes telephone calls, and Chromium would ask with what, over the page.
addEventListener("click", (event) => {
  if (event.target.closest("[href^='tel:']")) event.preventDefault();
});"""


@pytest.fixture
def world(console: str, people: dict[str, str]) -> World:
    return sales_world.made(console)


def sign_in(page: Any, console: str, username: str) -> None:
    """As people with a mouse do: who they are is typed, and "Sign in" is clicked."""
    page.add_init_script(COUNT)
    page.goto(f"{console}/console/sign-in")
    page.wait_for_function("document.activeElement.id === 'username'")
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Waits for you").wait_for()


def clicks(page: Any) -> int:
    return int(page.evaluate("sessionStorage.clicks"))


def test_the_best_lead_and_why(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "ann")
    best = page.locator(".work > li").first
    with unit_of_work() as session:
        score = current_score(session, world.best)
        total, reasons = score.total_score, [one["text"] for one in score.reasons]
    said = best.inner_text()
    assert f"{total:.0f}" in said
    assert [one in said for one in reasons[:2]] == [True, True]
    best.get_by_role("link", name=BEST, exact=True).click()
    page.get_by_role("heading", name="What lowers it").wait_for()
    assert all(one in page.locator("#answer").inner_text() for one in reasons)
    assert clicks(page) == 2


def test_the_best_lead_is_called_and_what_came_of_the_call_is_logged(
    page: Any, console: str, world: World
) -> None:
    sign_in(page, console, "ann")
    best = page.locator(f"#line-{world.best}")
    call = best.get_by_role("link", name="Call +1")
    assert call.get_attribute("href") == "tel:+14155550100"
    call.click()
    best.get_by_role("link", name="Got in touch").click()
    best.get_by_label("Note").wait_for()
    best.get_by_role("radio", name="no answer").click()
    best.get_by_role("button", name="Note it").click()
    best.get_by_text("Noted that you got in touch").wait_for()
    with unit_of_work() as session:
        logged = session.scalars(
            select(AssignmentStep.detail).where(AssignmentStep.kind == "touched")
        ).one()
    assert (logged["kind"], logged["result"]) == ("call", "no answer")
    assert clicks(page) <= MOST


def test_a_file_is_imported(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "mark")
    page.get_by_role("link", name="Imports", exact=True).click()
    field = page.get_by_label("A file of leads")
    choose_file(page, FILE, field.click)
    page.get_by_role("button", name="Send it").click()
    page.get_by_role("button", name=f"Import {ROWS} rows").click()
    page.get_by_role("heading", name=f"{ROWS} rows imported").wait_for()
    with unit_of_work() as session:
        assert session.query(Lead).count() == 2 + ROWS
    assert clicks(page) <= MOST


def test_an_override_is_approved(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "meg")
    page.get_by_role("link", name=f"Set the score of {BEST.split(',')[0]}").click()
    page.get_by_label("Why, for those who read it later").click()
    page.keyboard.type("They told me so too")
    page.get_by_role("button", name="Approve").click()
    page.locator("#status").get_by_text("approved").wait_for()
    sales_world.override_comes_into_force(world.best)
    assert clicks(page) <= MOST


def test_who_is_overloaded(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "meg")
    page.get_by_role("heading", name="1 salesperson of 2 is late or full").wait_for()
    assert page.locator("#strain td").first.inner_text() == "Ann Able"
    assert clicks(page) == 1
