"""Notes, tasks and tags on the page of a lead, in a real browser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.browser import test_lead_page
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]
lead_id = test_lead_page.lead_id


def test_a_salesperson_keeps_a_note_a_task_and_tags_and_finds_the_task_waiting(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.get_by_label("Write a note").fill("Calls back on Monday.\nWants the offer in writing.")
    page.get_by_role("button", name="Keep it").click()
    page.locator("#notes .note.good").wait_for()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    page.get_by_label("What is to be done").fill("Send the offer")
    page.get_by_label("Due, in UTC (empty: at no time)").fill(f"{yesterday:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Add it").click()
    page.locator("#tasks .note.good").wait_for()
    page.get_by_label("Tags, with commas between them").fill("VIP, Trade fair")
    page.get_by_role("button", name="Put on").click()
    page.locator("#tags .note.good").wait_for()
    assert page.locator(".tag").all_inner_texts() == ["trade fair", "vip"]
    assert "overdue" in page.locator("#tasks td.late").inner_text()
    page.goto(f"{console}/console")
    page.get_by_role("link", name="Send the offer").click()
    page.locator("#tasks").get_by_role("button", name="Done").click()
    page.locator("#tasks .note.good").wait_for()
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_text("Edit or delete").click()
    page.get_by_role("button", name="Delete it").click()
    page.locator("#notes .note.good").wait_for()
    assert page.get_by_text("Wants the offer in writing.").count() == 0
