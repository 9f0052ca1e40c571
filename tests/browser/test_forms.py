"""After a form: the page can be loaded again, and the reader is where they acted."""

from typing import Any

import pytest
from sqlalchemy import select

from leadflow.assignment.tables import AssignmentStep
from leadflow.database.engine import unit_of_work
from tests.browser.conftest import sign_in
from tests.browser.test_lead_page import happened, lead_id

__all__ = ["lead_id"]
pytestmark = [pytest.mark.browser]


def touches() -> int:
    with unit_of_work() as session:
        steps = session.scalars(select(AssignmentStep.kind)).all()
        return sum(kind == "touched" for kind in steps)


@pytest.mark.parametrize(
    "scripts", [pytest.param(True, marks=pytest.mark.long), False], ids=["scripts", "no-scripts"]
)
def test_f5_after_a_form_shows_the_page_and_repeats_nothing(
    browser: Any, page: Any, console: str, lead_id: str, scripts: bool
) -> None:
    sign_in(page, console, "root")
    context = browser.new_context(
        java_script_enabled=scripts,
        storage_state=page.context.storage_state(),
        viewport={"width": 1300, "height": 500},
    )
    here = context.new_page()
    here.goto(f"{console}/console/leads/{lead_id}")
    here.get_by_role("button", name="Got in touch").click()
    here.get_by_text("the clock has stopped").wait_for()
    told = here.locator("#work #told")
    assert told.is_visible()
    if scripts:
        here.wait_for_function("document.activeElement.id === 'told'")
    else:
        # Scripts are off, the page's own included: what is in view says where one is.
        box = told.bounding_box()
        assert -1 <= box["y"] < 500
    assert here.url.partition("#")[0].endswith(f"/console/leads/{lead_id}")
    for _ in range(2):
        here.reload()
        here.get_by_role("heading", name="What now").wait_for()
        assert here.locator("#told").count() == 0
    assert touches() == 1
    assert happened(here).count("got in touch (call)") == 1
    context.close()


@pytest.mark.long
def test_f5_after_a_refused_form_shows_the_page(page: Any, console: str, lead_id: str) -> None:
    sign_in(page, console, "root")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.get_by_text("Set the score yourself").click()
    page.get_by_label("Score, 0 to 100").fill("70")
    page.get_by_label("Why", exact=True).fill(" ")
    page.get_by_role("button", name="Set it").click()
    page.locator("#told.bad").wait_for()
    assert page.get_by_label("Score, 0 to 100").input_value() == "70"
    page.reload()
    page.get_by_role("heading", name="What now").wait_for()
