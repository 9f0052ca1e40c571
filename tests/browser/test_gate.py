"""A person answers the gate in the real Prefect UI, in a real browser."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.database.engine import unit_of_work
from leadflow.database.tables import OutboxRow
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child

pytestmark = [pytest.mark.browser, pytest.mark.servers]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page in Chromium. Where continuous integration runs, Chromium must be there."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "scripts/install-browser.sh has not been run"
        pytest.skip("Chromium is not installed; scripts/install-browser.sh installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.set_default_timeout(30_000)
        yield page
        browser.close()


@pytest.fixture
def waiting_run(store: Engine, working: Child) -> tuple[str, str]:
    """An approval and the run of await_decision that waits for it."""
    from leadflow.integrations.prefect import PrefectClient
    from tasks.outbox import deliver_outbox

    question = Proposal(
        kind="model_promotion",
        subject_id="lead-conversion/77",
        act="note_for_the_browser_test",
        payload={"version": "77"},
        description="# Version 77 ranks better than the rubric",
        requested_by="train_model",
    )
    with unit_of_work() as session:
        approval_id = approvals.propose(session, question, datetime.now(UTC), 72).id
    deliver_outbox.fn()
    with unit_of_work() as session:
        run_id = approvals.get(session, approval_id).flow_run_id
    assert run_id is not None
    client, deadline = PrefectClient(get_settings()), time.monotonic() + 90
    while client.state(run_id) != "Suspended":
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return approval_id, run_id


def test_the_first_ui_is_the_one_people_are_led_to(page: Any, prefect: Child) -> None:
    page.goto(get_settings().prefect_url)
    page.wait_for_url("**/dashboard**")
    assert "/v2" not in page.url
    page.get_by_text("Switch to V2 UI").wait_for()


def test_a_person_reads_the_question_and_answers_it_in_the_form(
    page: Any, waiting_run: tuple[str, str]
) -> None:
    approval_id, run_id = waiting_run
    page.goto(f"{get_settings().prefect_url}/runs/flow-run/{run_id}")
    page.get_by_role("button", name="Resume").first.click()
    form = page.locator(".p-modal__card")
    form.get_by_text("Version 77 ranks better than the rubric").wait_for()
    form.get_by_text("Nothing happens without a decision").wait_for(state="attached")
    texts = form.locator("textarea")
    assert texts.count() == 2
    texts.nth(0).fill("Ana Approver")
    texts.nth(1).fill("It ranks better")
    form.locator(".p-select-button__control").first.press("ArrowDown")
    page.locator(".p-select-option", has_text="approve").first.click()
    form.get_by_role("button", name="Submit").click()
    deadline = time.monotonic() + 90
    while True:
        with unit_of_work() as session:
            approval = approvals.get(session, approval_id)
            acts = session.scalars(select(OutboxRow.act)).all()
        if approval.status != "waiting":
            break
        assert time.monotonic() < deadline, "the answer did not arrive"
        time.sleep(0.3)
    assert (approval.status, approval.decided_by) == ("approved", "Ana Approver")
    assert approval.reason == "It ranks better"
    assert "note_for_the_browser_test" in acts
