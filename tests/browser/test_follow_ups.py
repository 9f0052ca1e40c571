"""Notes, tasks and tags on the page of a lead, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tables import LeadTask
from tests.browser import test_lead_page
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]
lead_id = test_lead_page.lead_id


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of somebody in India."""
    where = {"width": 1300, "height": 900}
    context = browser.new_context(viewport=where, timezone_id="Asia/Kolkata")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def test_what_is_pasted_is_not_cut_in_silence(page: Any, console: str, lead_id: str) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    note = page.get_by_label("Write a note")
    note.focus()
    page.keyboard.insert_text("x" * 10_007)
    assert len(note.input_value()) == 10_007
    page.get_by_role("button", name="Keep it").click()
    said = "document.getElementById('note-text').validationMessage"
    assert "10007 characters, and at most 10000" in page.evaluate(said)
    note.fill("x" * 10_000)
    page.get_by_role("button", name="Keep it").click()
    page.locator("#notes .note.good").wait_for()


def test_a_salesperson_keeps_a_note_a_task_and_tags_and_finds_the_task_waiting(
    page: Any, console: str, lead_id: str
) -> None:
    sign_in(page, console, "ann")
    page.goto(f"{console}/console/leads/{lead_id}")
    page.get_by_label("Write a note").fill("Calls back on Monday.\nWants the offer in writing.")
    page.get_by_role("button", name="Keep it").click()
    page.locator("#notes .note.good").wait_for()
    page.get_by_label("What is to be done").fill("Send the offer")
    page.locator("#task-due").fill("2026-01-02T09:00")
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("2026-01-02 09:00 is past. Say a later moment, or none.").wait_for()
    # Kolkata is five and a half hours ahead.
    page.locator("#task-due").fill("2199-01-02T09:00")
    page.get_by_role("button", name="Add it").click()
    page.locator("#tasks .note.good").wait_for()
    with unit_of_work() as session:
        task = session.scalars(select(LeadTask)).one()
        assert task.due_at == datetime(2199, 1, 2, 3, 30, tzinfo=UTC)
        task.due_at = datetime.now(UTC) - timedelta(days=1)
    page.reload()
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
