"""A form that somebody else was quicker with is answered by a plain sentence and the page as it is
by now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.in_words import STATUSES
from tests.deciders import settle
from tests.integration.test_forms import PASSWORD, Browser

pytestmark = pytest.mark.uncounted


def rejected(session: Session, approval: Approval, now: datetime) -> None:
    settle(session, approval.id, now, "reject", "Too few leads")


def approved(session: Session, approval: Approval, now: datetime) -> None:
    settle(session, approval.id, now)


def expired(session: Session, approval: Approval, now: datetime) -> None:
    """Nobody has looked at it since: the mark follows with the next who does."""
    approval.escalate_to, approval.due_at = [], now - timedelta(days=1)


def void(session: Session, approval: Approval, now: datetime) -> None:
    approvals.void(session, approval.kind, "Replaced by a newer proposal.", now)


ENDS = {"rejected": rejected, "approved": approved, "expired": expired, "void": void}


@pytest.fixture
def asked(client: TestClient) -> Approval:
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["data_scientist"], "test", password=PASSWORD)
        payload = {"version": "9", "sha256": "x"}
        question = Proposal(
            "model_promotion", "made-up/9", "promote_model", payload, "# Better", "train_model"
        )
        return approvals.propose(session, question, datetime.now(UTC))


def end(asked: Approval, how: str) -> None:
    with unit_of_work() as session:
        ENDS[how](session, session.get_one(Approval, asked.id), datetime.now(UTC))


def told_with_the_state(browser: Browser, answer: Any, how: str) -> None:
    assert answer.status_code == 409
    tone, words = browser.told(answer)
    assert tone == "bad"
    assert how in words
    assert f'<dd id="status"><strong>{STATUSES[how]}</strong>' in answer.text
    assert 'name="decision"' not in answer.text


@pytest.mark.parametrize("how", ENDS)
def test_a_decision_that_comes_too_late_is_told_with_how_it_ended(
    client: TestClient, asked: Approval, how: str
) -> None:
    browser = Browser(client, "ana")
    page = f"/console/approvals/{asked.id}"
    assert 'name="decision"' in browser.get(page).text
    end(asked, how)
    form = {"content_hash": asked.content_hash, "reason": "Good"}
    told_with_the_state(browser, browser.post(page, decision="approve", **form), how)
    with unit_of_work() as session:
        assert all(vote.reason != "Good" for vote in approvals.votes_of(session, asked.id))


@pytest.mark.parametrize("how", ENDS)
def test_a_code_asked_for_too_late_is_told_with_how_it_ended(
    client: TestClient, asked: Approval, how: str
) -> None:
    browser = Browser(client, "ana")
    end(asked, how)
    answer = browser.post(f"/console/approvals/{asked.id}/code")
    told_with_the_state(browser, answer, how)
    assert 'id="code"' not in answer.text
