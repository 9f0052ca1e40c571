"""At the terminal a change that a policy asks people about waits too; whoever wrote it takes it
back, and whoever has the machine can still open what policies have shut."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import current_policies, store_policies
from leadflow.approvals.service import Proposal, get, propose, waiting
from leadflow.audit.tables import AuditEntry
from leadflow.cli.access.identity import NotSignedIn
from leadflow.cli.main import app
from leadflow.configuration.service import in_force
from leadflow.database.engine import unit_of_work
from leadflow.drafts.refusals import (
    AskedByNobody,
    DraftDecided,
    NothingToWithdraw,
    NotYourDraft,
)
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from tests.deciders import somebody
from tests.integration.configuration.made_up import NOW
from tests.integration.configuration.test_drafts import ASKS
from tests.integration.configuration.test_editor_pages import RULES, SEGMENT
from tests.terminal import sign_in

NO_POLICIES = "policies: []\n"
SERVED = {"version": "9", "sha256": "x"}
CHANGES = (
    ("segments apply", SEGMENT, "segment shops"),
    ("rules import", RULES, "Who gets a lead"),
    ("policies store", NO_POLICIES, "Who must agree"),
)


@pytest.fixture(autouse=True)
def asked(store: Engine) -> None:
    """A policy that asks the sales manager about every change; nobody has signed in yet."""
    (get_settings().home / "signed-in" / str(os.getuid())).unlink(missing_ok=True)
    with unit_of_work() as session:
        somebody(session, "mary", "sales_manager")
        store_policies(session, parse_policies({"policies": [ASKS]}), "test", None)


def call(words: str, *more: str) -> Result:
    return CliRunner().invoke(app, [*words.split(), *more])


def all_in_force() -> dict[str, Any]:
    with unit_of_work() as session:
        return in_force(session, None, NOW)


def file_of(folder: Path, text: str) -> str:
    (folder / "sent.yaml").write_text(text)
    return str(folder / "sent.yaml")


def submitted(folder: Path) -> str:
    """The approval of a segment that somebody submits."""
    said = call("segments apply", file_of(folder, SEGMENT)).output
    found = re.search(r"appr_\w+", said)
    assert found is not None, said
    return found[0]


@pytest.mark.parametrize(("command", "text", "about"), CHANGES, ids=[one[0] for one in CHANGES])
def test_a_change_waits_and_it_must_be_known_who_asks(
    tmp_path: Path, command: str, text: str, about: str
) -> None:
    before, file = all_in_force(), file_of(tmp_path, text)
    refused = call(command, file)
    assert isinstance(refused.exception, AskedByNobody)
    sign_in("olga", "admin")
    done = call(command, file)
    assert done.exit_code == 0, done.output
    assert "Nothing counts yet: it waits until it is approved by sales manager" in done.output
    assert all_in_force() == before
    with unit_of_work() as session:
        [approval] = waiting(session)
    assert about in approval.about
    assert approval.id in done.output


def test_whoever_wrote_a_change_takes_it_back_and_those_asked_are_told(tmp_path: Path) -> None:
    olga = sign_in("olga", "admin")
    approval_id = submitted(tmp_path)
    done = call("approvals withdraw", approval_id)
    assert done.exit_code == 0, done.output
    assert "nobody is asked about it any more" in done.output
    with unit_of_work() as session:
        approval = get(session, approval_id)
        assert (approval.status, approval.decided_by) == ("void", None)
        ended = select(AuditEntry.actor).where(AuditEntry.action == "approval.void")
        assert session.scalars(ended).all() == [olga]
        mary = somebody(session, "mary").id
        sent = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_person")).all()
        told = [(row.payload["what"], row.payload["person_id"]) for row in sent]
        assert ("approval_withdrawn", mary) in told
        assert olga not in [whom for _, whom in told]
    again = call("approvals withdraw", approval_id)
    assert isinstance(again.exception, DraftDecided)
    assert submitted(tmp_path) != approval_id


def test_nobody_takes_back_what_another_wrote_or_what_is_no_change(tmp_path: Path) -> None:
    sign_in("olga", "admin")
    approval_id = submitted(tmp_path)
    assert call("sign-out").exit_code == 0
    assert isinstance(call("approvals withdraw", approval_id).exception, NotSignedIn)
    rita = sign_in("rita", "admin")
    assert isinstance(call("approvals withdraw", approval_id).exception, NotYourDraft)
    another = Proposal("model_promotion", "made-up/9", "promote_model", SERVED, "# Better", rita)
    with unit_of_work() as session:
        assert get(session, approval_id).status == "waiting"
        promotion = propose(session, another, datetime.now(UTC)).id
    assert isinstance(call("approvals withdraw", promotion).exception, NothingToWithdraw)


def test_whoever_has_the_machine_changes_policies_without_approval_and_it_is_on_record(
    tmp_path: Path,
) -> None:
    file = file_of(tmp_path, NO_POLICIES)
    done = call("policies store", file, "--without-approval", "Everybody has left.")
    assert done.exit_code == 0, done.output
    with unit_of_work() as session:
        assert current_policies(session)[1].policies == ()
        assert waiting(session) == []
