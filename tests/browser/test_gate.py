"""A person answers the gate in the real Prefect UI, in a real browser, with a one-time code."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from leadflow.accounts.tables import Person
from leadflow.approvals import codes
from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.approvals.tables import Approval, ApprovalStep
from leadflow.database.engine import unit_of_work
from leadflow.outbox.tables import OutboxRow
from leadflow.secret import server_sign_in
from leadflow.settings import get_settings
from leadflow.supervisor.child import Child
from tests.gates import run_of, wait_for_state

pytestmark = [pytest.mark.browser, pytest.mark.servers]
WORDS = "Jane Roe asked me for it"


@pytest.fixture
def waiting_run(store: Engine, working: Child, people: dict[str, str]) -> tuple[str, str]:
    """An approval that mary asked for as a manager, and the run of await_decision for it."""
    question = Proposal(
        kind="model_promotion",
        subject_id="lead-conversion/77",
        act="forget_reasons",
        payload={"version": "77", "sha256": "x"},
        description="# Version 77 ranks better than the rubric",
        requested_by=people["mary"],
        asked_why=WORDS,
    )
    now = datetime.now(UTC)
    with unit_of_work() as session:
        approval_id = approvals.propose(session, question, now).id
        dana = session.get_one(Person, people["dana"])
        # The first of two levels is passed already.
        assert approvals.decide(session, approval_id, "approve", dana, "better", now, "api").counted
    run_id = run_of(approval_id)
    wait_for_state(run_id, "Suspended")
    return approval_id, run_id


def code_of(approval_id: str, person_id: str) -> str:
    with unit_of_work() as session:
        person, approval = session.get_one(Person, person_id), approvals.get(session, approval_id)
        return codes.issue_code(session, approval, person, datetime.now(UTC), 30)


def sign_in(page: Any) -> None:
    """As ``leadflow keys servers`` says."""
    page.locator("input[type=password]").fill(server_sign_in(get_settings(), "prefect"))
    page.get_by_role("button", name="Sign in").click()


def answer(page: Any, run_id: str, approver: str, code: str, reason: str) -> None:
    """Open the run, press Resume, read, fill in the form and send it."""
    page.goto(f"{get_settings().prefect_url}/runs/flow-run/{run_id}")
    page.get_by_role("button", name="Resume").first.click()
    form = page.locator(".p-modal__card")
    form.get_by_text("Version 77 ranks better than the rubric").wait_for()
    form.get_by_text("Nothing happens without a decision").wait_for(state="attached")
    form.get_by_text("sales_manager").first.wait_for(state="attached")
    # What names people is on our own page, to which the form leads.
    form.get_by_text("in the words of who asks").first.wait_for(state="attached")
    assert WORDS not in form.inner_text()
    texts = form.locator("textarea")
    assert texts.count() == 3
    for place, said in enumerate((approver, code, reason)):
        texts.nth(place).fill(said)
    form.locator(".p-select-button__control").first.press("ArrowDown")
    page.locator(".p-select-option", has_text="approve").first.click()
    form.get_by_role("button", name="Submit").click()
    form.wait_for(state="hidden")


def refusals(approval_id: str, number: int) -> list[str]:
    """Why answers did not count, once there are so many of them."""
    deadline = time.monotonic() + 240
    while True:
        with unit_of_work() as session:
            found = session.scalars(
                select(ApprovalStep.detail["why"].astext)
                .where(ApprovalStep.approval_id == approval_id, ApprovalStep.kind == "refused")
                .order_by(ApprovalStep.number)
            ).all()
        if len(found) >= number:
            return list(found)
        assert time.monotonic() < deadline, "the answer did not arrive"
        time.sleep(0.3)


def test_the_first_ui_is_the_one_people_are_led_to(page: Any, prefect: Child) -> None:
    page.goto(get_settings().prefect_url)
    sign_in(page)
    page.wait_for_url("**/dashboard**")
    assert "/v2" not in page.url
    page.get_by_text("Switch to V2 UI").wait_for()


def used_code(approval_id: str, person_id: str) -> str:
    """A code of somebody who has decided already."""
    used = code_of(approval_id, person_id)
    with unit_of_work() as session:
        spent = codes.decide_with_code(
            session, approval_id, "approve", "dana", used, "again", datetime.now(UTC)
        )
        assert spent.problem == "already-decided-by-you"
    return used


@pytest.mark.parametrize(
    "attempts",
    [
        ("wrong",),
        # Every answer is a run in a process of its own, which takes ten seconds to start.
        pytest.param(("wrong", "used", "own"), marks=pytest.mark.long),
    ],
    ids="+".join,
)
def test_an_answer_that_does_not_count_changes_nothing_and_a_valid_one_does(
    page: Any,
    waiting_run: tuple[str, str],
    people: dict[str, str],
    attempts: tuple[str, ...],
) -> None:
    approval_id, run_id = waiting_run
    mike = people["mike"]
    made: dict[str, Callable[[], tuple[str, str, str]]] = {
        "wrong": lambda: ("mike", "AAAA-AAAA", "code-wrong"),
        "used": lambda: ("dana", used_code(approval_id, people["dana"]), "code-wrong"),
        "own": lambda: ("mary", code_of(approval_id, people["mary"]), "own-request"),
    }
    address = f"{get_settings().prefect_url}/runs/flow-run/{run_id}"
    page.goto(address)
    sign_in(page)
    # Once a browser; it is led to where it wanted to go.
    page.wait_for_url(address)
    for attempt in attempts:
        approver, code, why = made[attempt]()
        before = len(refusals(approval_id, 0))
        answer(page, run_id, approver, code, "please")
        assert refusals(approval_id, before + 1)[-1] == why
        wait_for_state(run_id, "Suspended")
    with unit_of_work() as session:
        assert session.get_one(Approval, approval_id).status == "waiting"
        assert "forget_reasons" not in session.scalars(select(OutboxRow.act)).all()
    answer(page, run_id, "mike", code_of(approval_id, mike), "It ranks better")
    deadline = time.monotonic() + 240
    while True:
        with unit_of_work() as session:
            approval = approvals.get(session, approval_id)
            acts = session.scalars(select(OutboxRow.act)).all()
        if approval.status != "waiting":
            break
        assert time.monotonic() < deadline, "the answer did not arrive"
        time.sleep(0.3)
    assert (approval.status, approval.decided_by) == ("approved", mike)
    assert approval.reason == "It ranks better"
    assert "forget_reasons" in acts
