"""The pages at the top: those in a group are reached by keys alone, and the group closes again."""

from typing import Any

import pytest

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]


def test_a_page_in_a_group_is_reached_by_keys_alone(
    page: Any, console: str, people: dict[str, str]
) -> None:
    sign_in(page, console, "root")
    group = page.locator("details.pages", has_text="Run it")
    group.locator("summary").focus()
    page.keyboard.press("Enter")
    assert group.get_by_role("link", name="System").is_visible()
    page.keyboard.press("Escape")
    assert not group.get_by_role("link", name="System").is_visible()
    # Where it was closed, the keys go on.
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/system")
    assert page.locator("details.pages[open]").count() == 0
    assert group.locator("summary").get_attribute("aria-current") == "true"
