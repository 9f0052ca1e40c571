"""The page of a lead shows and takes notes, tasks and tags, and tells who comes too late."""

import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.notes import edit_note
from leadflow.follow_ups.tables import LeadNote, LeadTag, LeadTask
from leadflow.follow_ups.tasks import change_task
from tests.integration import test_forms
from tests.integration.test_forms import Browser

pytestmark = pytest.mark.uncounted
lead_id = test_forms.lead_id


@pytest.fixture
def ann(client: TestClient, lead_id: str) -> Browser:
    return Browser(client, "ann")


def told(browser: Browser, page: str, part: str, **form: str) -> tuple[str, str]:
    answer = browser.post(f"{page}/{part}", **form)
    assert answer.status_code == 303, answer.text[:2000]
    return browser.told(browser.get(answer.headers["location"]))


def test_a_note_is_written_edited_and_deleted_on_the_page(
    ann: Browser,
    lead_id: str,
) -> None:
    page = f"/console/leads/{lead_id}"
    assert told(ann, page, "notes", text="Calls <b>back</b>\r\non Monday") == ("good", "Kept.")
    shown = ann.get(page).text
    assert "Calls &lt;b&gt;back&lt;/b&gt;\non Monday" in shown
    named = dict(re.findall(r'name="(note_id|revision)" value="([^"]+)"', shown))
    assert told(ann, page, "notes", text="Tuesday", **named) == ("good", "Changed.")
    late = ann.post(f"{page}/notes", text="Wednesday", **named)
    assert late.status_code == 409
    assert ann.told(late)[0] == "bad"
    assert "Wednesday</textarea>" in late.text
    named["revision"] = "2"
    assert told(ann, page, "notes", action="delete", **named) == ("good", "Deleted.")
    with unit_of_work() as session:
        assert session.scalars(select(LeadNote)).all() == []
    empty = ann.post(f"{page}/notes", text="  ")
    assert (empty.status_code, ann.told(empty)[0]) == (422, "bad")


def test_a_note_of_somebody_else_has_no_form_for_others(
    client: TestClient,
    lead_id: str,
) -> None:
    page = f"/console/leads/{lead_id}"
    told(Browser(client, "root"), page, "notes", text="By the admin")
    ann = Browser(client, "ann")
    shown = ann.get(page).text
    assert "By the admin" in shown
    assert 'value="delete"' not in shown
    with unit_of_work() as session:
        note = session.scalars(select(LeadNote)).one()
        edit_note(session, note, "Still the admin's", note.written_by, datetime.now(UTC))
    refused = ann.post(f"{page}/notes", text="x", note_id=note.id, revision="2")
    assert refused.status_code == 403


def test_a_task_is_added_done_and_opened_again_on_the_page(
    ann: Browser,
    lead_id: str,
) -> None:
    page = f"/console/leads/{lead_id}"
    added = told(ann, page, "tasks", what="Send the offer", due="2199-03-01T09:00")
    assert added == ("good", "Added.")
    with unit_of_work() as session:
        session.scalars(select(LeadTask)).one().due_at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    shown = ann.get(page).text
    assert "overdue, " in shown
    assert ">Send the offer</a>" in ann.get("/console").text
    named = dict(re.findall(r'name="(task_id|revision)" value="([^"]+)"', shown))
    assert told(ann, page, "tasks", status="done", **named) == ("good", "Done.")
    late = ann.post(f"{page}/tasks", status="cancelled", **named)
    assert (late.status_code, ann.told(late)[0]) == (409, "bad")
    with unit_of_work() as session:
        task = session.scalars(select(LeadTask)).one()
        assert (task.status, task.due_at) == ("done", datetime(2026, 3, 1, 9, tzinfo=UTC))
        change_task(session, task, {"status": "open"}, "test", datetime.now(UTC))
    unread = ann.post(f"{page}/tasks", what="Call", due="soon")
    assert (unread.status_code, ann.told(unread)[0]) == (422, "bad")
    assert 'value="Call"' in unread.text


def test_tags_are_put_on_with_commas_and_taken_off(
    ann: Browser,
    lead_id: str,
) -> None:
    page = f"/console/leads/{lead_id}"
    assert told(ann, page, "tags", names="VIP, trade fair,") == ("good", "Tagged.")
    assert told(ann, page, "tags", take_off="vip") == ("good", "Taken off.")
    with unit_of_work() as session:
        assert session.scalars(select(LeadTag.tag)).all() == ["trade fair"]
    refused = ann.post(f"{page}/tags", names="a/b")
    assert (refused.status_code, ann.told(refused)[0]) == (422, "bad")
    assert 'value="a/b"' in refused.text
