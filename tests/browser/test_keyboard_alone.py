"""What people do all day, by the keyboard alone: no mouse reaches anything, and at each stop of the
tab key one sees where one is."""

from typing import Any

import pytest
from sqlalchemy import select

from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tables import LeadNote, LeadTask
from leadflow.leads.tables import Lead
from tests.browser import sales_world
from tests.browser.conftest import choose_file, sign_in
from tests.browser.sales_world import BEST, FILE, OTHER, ROWS, World

pytestmark = [pytest.mark.browser]
NO_MOUSE = """const none = new CSSStyleSheet();
none.replaceSync("* { pointer-events: none !important }");
document.adoptedStyleSheets = [none];"""
STOP = """() => {
  if (document.activeElement === document.body) return null;
  const at = document.activeElement, its = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    name: at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || "",
    seen: its.outlineStyle !== "none" && parseFloat(its.outlineWidth) >= 2 && box.width > 1
      && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    mouse: its.pointerEvents,
  };
}"""
# Stops on the way to a control; who needs more of them finds it in vain.
MOST = 40


@pytest.fixture
def world(console: str, people: dict[str, str], page: Any) -> World:
    page.add_init_script(NO_MOUSE)
    return sales_world.made(console)


def reach(page: Any, name: str) -> None:
    """By the tab key to the control of this name."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        # Past the last one, and before the first.
        if stop is None:
            continue
        assert stop["mouse"] == "none"
        assert stop["seen"], stop["name"]
        if stop["name"].strip().startswith(name):
            return
    raise AssertionError(f"The tab key does not reach {name}.")


def press(page: Any, name: str, key: str = "Enter") -> None:
    reach(page, name)
    page.keyboard.press(key)


def test_the_best_lead_is_taken_a_call_is_logged_and_another_is_kept_in_mind(
    page: Any, console: str, world: World
) -> None:
    sign_in(page, console, "ann")
    line = page.locator(f"#line-{world.best}")
    press(page, f"Take it on: {BEST}")
    line.get_by_text("Accepted.").wait_for()
    press(page, f"Got in touch: {BEST}")
    line.locator("[name=kind]:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    reach(page, "Note")
    page.keyboard.type("Rang twice")
    page.keyboard.press("Enter")
    line.get_by_text("your note is kept").wait_for()
    line.locator(".note:focus").wait_for()
    press(page, f"Remind me: {BEST}")
    line.locator("[name=text]:focus").wait_for()
    page.keyboard.type("Ring again")
    page.keyboard.press("Enter")
    line.get_by_text("You are reminded on").wait_for()
    assert page.url.endswith("/console")
    with unit_of_work() as session:
        taken = session.scalars(select(Assignment).where(Assignment.accepted_at.is_not(None))).one()
        assert taken.lead_id == world.best
        touched = select(AssignmentStep.detail).where(AssignmentStep.kind == "touched")
        logged = session.scalars(touched).one()
        assert (logged["kind"], logged["result"]) == ("call", "no answer")
        assert session.scalars(select(LeadNote)).one().words == "Rang twice"
        assert session.scalars(select(LeadTask)).one().what == "Ring again"


def test_a_lead_is_passed_on(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "ann")
    line = page.locator(f"#line-{world.other}")
    press(page, f"Pass on: {OTHER}")
    line.locator("[name=rep]:focus").wait_for()
    page.keyboard.type("Bob")
    page.keyboard.press("Tab")
    page.keyboard.type("Bob knows this market")
    page.keyboard.press("Enter")
    line.get_by_text("It waits until somebody who may has agreed").wait_for()
    with unit_of_work() as session:
        asked = select(Approval).where(Approval.kind == "assignment_override")
        assert session.scalars(asked).one().lead_id == world.other


def test_an_override_is_approved(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "meg")
    press(page, f"Set the score of {BEST.split(',')[0]}")
    page.get_by_role("heading", name="Decide").wait_for()
    reach(page, "Why, for those who read it later")
    page.keyboard.type("They told me so too")
    press(page, "Approve")
    page.locator("#status").get_by_text("approved").wait_for()
    sales_world.override_comes_into_force(world.best)


def test_a_file_is_imported(page: Any, console: str, world: World) -> None:
    sign_in(page, console, "mark")
    press(page, "Imports")
    page.get_by_role("heading", name="Bring leads in from a file").wait_for()
    reach(page, "A file of leads")
    choose_file(page, FILE, lambda: page.keyboard.press("Enter"))
    press(page, "Send it")
    page.get_by_role("heading", name=f"All {ROWS} rows can be imported").wait_for()
    press(page, f"Import {ROWS} rows")
    page.get_by_role("heading", name=f"{ROWS} rows imported").wait_for()
    with unit_of_work() as session:
        assert session.query(Lead).count() == 2 + ROWS
