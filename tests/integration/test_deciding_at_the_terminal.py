"""Deciding at the terminal: with a password, with a code, signed in; and what is said of an end."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner, Result

from leadflow.accounts.people import add_person
from leadflow.accounts.tables import PersonSession
from leadflow.approvals import service as approvals
from leadflow.approvals.codes import issue_code
from leadflow.approvals.service import Proposal
from leadflow.approvals.tables import ApprovalVote
from leadflow.audit.tables import AuditEntry
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from tests.deciders import settle, somebody

PASSWORD = "correct horse battery"


@pytest.fixture
def asked(store: Engine) -> str:
    """A question for a data scientist first; ana is one, and has a password."""
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["data_scientist"], "test", password=PASSWORD)
        question = Proposal(
            "model_promotion",
            "made-up/9",
            "promote_model",
            {"version": "9", "sha256": "x"},
            "# Proposed: approve. Better",
            "train_model",
        )
        return approvals.propose(session, question, datetime.now(UTC)).id


def decide(approval_id: str, *words: str, typed: str = "") -> Result:
    """Approve at the terminal, with these words more."""
    given = ["approvals", "decide", approval_id, "approve", "--reason", "better", *words]
    return CliRunner().invoke(app, given, input=typed)


def votes() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(ApprovalVote)) or 0


def test_a_person_decides_with_their_password_and_stays_signed_in_nowhere(asked: str) -> None:
    told = decide(asked, "--as", "ana", typed=f"{PASSWORD}\n")
    assert told.exit_code == 0, told.exception
    assert "Now it waits for sales_manager" in " ".join(told.output.split())
    with unit_of_work() as session:
        [vote] = approvals.votes_of(session, asked)
        assert (vote.decision, vote.door, vote.reason) == ("approve", "terminal", "better")
        signed_in = select(PersonSession).where(PersonSession.ended_at.is_(None))
        assert not session.scalars(signed_in).all()


def test_a_wrong_password_decides_nothing_and_is_counted(asked: str) -> None:
    for _ in range(5):
        told = decide(asked, "--as", "ana", typed="wrong\n")
        assert str(told.exception) == "The name and the password do not fit."
    told = decide(asked, "--as", "ana", typed=f"{PASSWORD}\n")
    assert str(told.exception).startswith("Too many wrong passwords")
    assert votes() == 0
    with unit_of_work() as session:
        refused = select(func.count()).where(AuditEntry.action == "sign_in.refused")
        assert session.scalar(refused) is not None


def test_a_code_decides_without_a_password(asked: str) -> None:
    with unit_of_work() as session:
        ana, approval = somebody(session, "ana"), approvals.get(session, asked)
        code = issue_code(session, approval, ana, datetime.now(UTC), 30)
    assert decide(asked, "--as", "ana", "--code", code).exit_code == 0
    assert votes() == 1


def test_with_a_password_as_well_it_is_said_that_there_is_no_such_question(asked: str) -> None:
    told = decide("appr_1", "--as", "ana", typed=f"{PASSWORD}\n")
    assert str(told.exception) == "There is no approval appr_1."


@pytest.mark.parametrize("end", ["rejected", "expired"])
def test_a_question_that_has_ended_meanwhile_is_told_with_how(asked: str, end: str) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        if end == "rejected":
            settle(session, asked, now, "reject", "too few leads")
        else:
            approvals.get(session, asked).due_at = now - timedelta(days=1)
            approvals.get(session, asked).escalate_to = []
    told = decide(asked, "--as", "ana", typed=f"{PASSWORD}\n")
    assert re.match(rf"Already {end}", str(told.exception)), told.exception
    assert votes() == (1 if end == "rejected" else 0)
