"""Whoever gets mail says no on a page: by the keyboard, and where no scripts run."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.consent.links import preferences_url, unsubscribe_url
from leadflow.consent.may_send import may_send
from leadflow.database.engine import unit_of_work
from tests.integration.consent.said import NOW, lead, say

pytestmark = [pytest.mark.browser]


@pytest.fixture
def ada(console: str) -> str:
    """A lead that has agreed to marketing."""
    with unit_of_work() as session:
        made = lead(session, "ada@example.com")
        say(session, made.id, (True, "double_opt_in", NOW))
        return made.id


def gets(lead_id: str) -> list[bool]:
    """Whether it gets marketing, and service mail."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        return [
            may_send(session, [lead_id], "marketing", "email", now)[lead_id] is None,
            may_send(session, [lead_id], "service", "email", now)[lead_id] is None,
        ]


@pytest.mark.parametrize("scripts", [True, False])
def test_people_unsubscribe_and_choose_again_by_the_keyboard_with_and_without_scripts(
    browser: Any, console: str, ada: str, scripts: bool
) -> None:
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 420, "height": 700}
    )
    page = context.new_page()
    page.goto(unsubscribe_url(console, ada, "marketing", "spring"))
    assert gets(ada) == [True, True]
    page.get_by_role("button", name="Unsubscribe").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You get no more marketing mail").wait_for()
    assert gets(ada) == [False, True]
    page.get_by_role("link", name="Choose which mail you get").press("Enter")
    box = page.get_by_role("checkbox", name="Marketing")
    assert not box.is_checked()
    box.press("Space")
    page.get_by_role("checkbox", name="Service").press("Space")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_text("Saved.").wait_for()
    assert gets(ada) == [True, False]
    page.goto(preferences_url(console, ada, "service", "spring"))
    assert page.get_by_role("checkbox", name="Marketing").is_checked()
    assert not page.get_by_role("checkbox", name="Service").is_checked()
    context.close()
