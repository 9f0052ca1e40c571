"""A manager gives somebody more room, and asks who would get a lead, by the keyboard alone."""

from typing import Any

import pytest
from sqlalchemy import select

from leadflow.assignment.tables import Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.database.engine import unit_of_work
from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser
TEAM: dict[str, Any] = {
    "fallback_owner": "max",
    "territories": [{"name": "Germany", "countries": ["DE"]}],
    "reps": [
        {"id": "ann", "name": "Ann Archer", "capacity": 5, "territories": ["Germany"]},
        {"id": "max", "name": "Max Manager"},
    ],
}


def test_room_is_changed_in_the_list_and_the_tester_answers_by_the_keyboard(
    page: Any, console: str, people: dict[str, str]
) -> None:
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
    sign_in(page, console, "mary")
    page.get_by_role("link", name="Team", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Everybody has room; no lead is late").wait_for()
    page.get_by_role("link", name="0 of 5").focus()
    page.keyboard.press("Enter")
    page.locator("input[name=capacity]:focus").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    page.locator(".note.good").wait_for()
    assert page.locator(".note.good").inner_text() == "Ann Archer can have 8 leads in work."
    assert page.get_by_role("link", name="0 of 8").count() == 1
    with unit_of_work() as session:
        assert session.scalar(select(Rep.capacity).where(Rep.external_id == "ann")) == 8

    page.get_by_role("link", name="Territories, and who would get a lead").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Country").focus()
    page.keyboard.type("Germany")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ann Archer would get it").wait_for()
    assert "Covers Germany" in page.locator("#found").inner_text()
