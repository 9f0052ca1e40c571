"""At the terminal too, who acts is made sure of: nobody does by saying a name."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select
from typer.testing import CliRunner, Result

from leadflow.accounts.people import add_person, change_person, find_person
from leadflow.approvals.tables import Approval
from leadflow.assignment.work.handover import current_assignment, find_rep
from leadflow.audit import service as audit
from leadflow.audit.reasons import FORGOTTEN, in_words
from leadflow.audit.tables import AuditEntry
from leadflow.cli.access.identity import MayNotHere, NotSignedIn, SignInRefused
from leadflow.cli.main import app
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead
from leadflow.outbox.consumer import drain
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from tests.integration.test_quality import hand_out
from tests.terminal import PASSWORD, sign_in


@pytest.fixture(autouse=True)
def kept(store: Engine) -> Path:
    """Where the sign-in of this terminal is kept; nobody has signed in yet."""
    path = get_settings().home / "signed-in" / str(os.getuid())
    path.unlink(missing_ok=True)
    return path


def call(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, words, input=typed)


def last_actor() -> str:
    with unit_of_work() as session:
        newest = select(AuditEntry.actor).order_by(AuditEntry.number.desc()).limit(1)
        return str(session.scalar(newest))


def test_a_sign_in_is_kept_where_only_its_user_reads_it_and_ends(kept: Path) -> None:
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["admin"], "test", password=PASSWORD)
    refused = call("sign-in", "ana", typed="wrong\n")
    assert isinstance(refused.exception, SignInRefused)
    assert not kept.exists()
    ana = sign_in("ana")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert call("keys", "create", "crm").exit_code == 0
    assert last_actor() == ana
    assert "Signed out." in call("sign-out").output
    assert not kept.exists()
    assert "Nobody has signed in" in call("sign-out").output
    assert call("keys", "revoke", "crm").exit_code == 0
    assert last_actor() == f"terminal:{os.getuid()}"


@pytest.mark.parametrize(
    "words",
    [
        ("quality", "waiting"),
        ("quality", "judge", "item_1", "--level", "hot"),
        ("quality", "flag", "lead_1", "--why", "bad"),
        ("assignments", "accept", "lead_1"),
        ("assignments", "reassign", "lead_1", "ann", "--reason", "so"),
        ("models", "promote", "1"),
        ("approvals", "decide", "appr_1", "approve", "--reason", "so"),
        ("audit", "forget", "lead_1", "--why", "so"),
    ],
)
def test_what_only_a_person_does_needs_one_who_has_signed_in_and_may(
    words: tuple[str, ...],
) -> None:
    assert isinstance(call(*words).exception, NotSignedIn)
    if words[0] != "approvals":  # about which everybody may be asked
        sign_in("nina", "analyst")
        assert isinstance(call(*words).exception, MayNotHere)
    with unit_of_work() as session:
        acts = session.scalars(select(AuditEntry.action)).all()
    assert {act.partition(".")[0] for act in acts} <= {"person"}


def test_whoever_has_signed_in_does_no_more_than_their_roles_let_them() -> None:
    sign_in("nina", "analyst")
    refused = call("people", "add", "x1", "--role", "admin")
    assert isinstance(refused.exception, MayNotHere)
    assert "may manage people, roles and keys" in str(refused.exception)
    call("sign-out")
    assert call("people", "add", "x1", "--role", "admin").exit_code == 0


def test_whoever_is_let_go_no_longer_acts_here() -> None:
    sign_in("mara", "sales_manager")
    assert call("quality", "waiting").exit_code == 0
    with unit_of_work() as session:
        change_person(session, find_person(session, "mara"), "test", active=False)
    assert isinstance(call("quality", "waiting").exception, NotSignedIn)


def test_a_lead_moved_from_the_terminal_waits_for_a_manager_too(tmp_path: Path) -> None:
    with unit_of_work() as session:
        hand_out(session, tmp_path, 1)
        lead_id = session.scalars(select(Lead.id)).one()
        made = current_assignment(session, lead_id)
        assert made is not None
        holder = made.rep_id
        names = [find_rep(session, name) for name in ("ann", "bob")]
        other = next(rep.external_id for rep in names if rep.id != holder)
    sign_in("rita", "sales_rep", rep_id=holder)
    told = call("assignments", "reassign", lead_id, other, "--reason", "on holiday")
    assert "It waits for sales_manager" in told.output
    with unit_of_work() as session:
        still = current_assignment(session, lead_id)
        assert still is not None
        assert still.rep_id == holder
    sign_in("olga", "admin")
    told = call("assignments", "reassign", lead_id, other, "--reason", "on holiday")
    assert f"has {lead_id}" in told.output
    sign_in("rita")
    assert isinstance(call("assignments", "accept", lead_id).exception, MayNotHere)


def test_reasons_are_forgotten_once_an_admin_agrees() -> None:
    with unit_of_work() as session:
        audit.record(session, "ana", "lead.reassigned", "lead/lead_1", said="Jane is ill")
    sign_in("olga", "admin")
    sign_in("opal", "operator")
    told = call("audit", "forget", "lead_1", "--why", "Jane asked for it")
    assert "It waits for admin" in told.output
    none = call("audit", "forget", "lead_2", "--why", "so")
    assert "No reason is kept" in str(none.exception)
    with unit_of_work() as session:
        approval_id = session.scalars(select(Approval.id)).one()
    mine = call("approvals", "decide", approval_id, "approve", "--reason", "mine")
    assert "Who asks for an approval cannot give it" in str(mine.exception)
    sign_in("olga")
    agreed = call("approvals", "decide", approval_id, "approve", "--reason", "she may")
    assert "approved" in agreed.output
    with unit_of_work() as session:
        session.execute(delete(OutboxRow).where(OutboxRow.act != "forget_reasons"))
    drain(get_engine(), get_settings(), lambda: datetime.now(UTC))
    with unit_of_work() as session:
        assert session.scalars(select(OutboxRow.result)).one() == {"reasons": 1}
        entries = audit.history(session, "lead_1", 10)
        assert list(in_words(session, entries).values()) == [FORGOTTEN, "Jane asked for it"]
        assert audit.first_broken(session) is None
