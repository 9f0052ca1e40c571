"""People are told by mail what they are to decide, through a real SMTP server and the outbox."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from leadflow.accounts.people import add_person
from leadflow.accounts.signing_in import sign_in
from leadflow.approvals import codes
from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.mailbox import Mail, read_mail, serve
from leadflow.integrations.notifications.smtp import ServerAway
from leadflow.outbox import settling as outbox_settling
from leadflow.outbox.consumer import Consumer
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import Settings, get_settings
from tests.servers import free_port

QUESTION = Proposal(
    "model_promotion",
    "lead-conversion/9",
    "paint",
    {"version": "9", "sha256": "x"},
    "# Nine?",
    "train_model",
)


@pytest.fixture
def mail_settings(tmp_path: Path) -> Iterator[Settings]:
    """A mail server of this test's own."""
    settings = get_settings().model_copy(update={"smtp_port": free_port(), "home": tmp_path})
    server = serve(settings)
    yield settings
    server.stop()


def deliver(store: Engine, settings: Settings) -> int:
    consumer = Consumer(store, settings, NOTICES, lambda: datetime.now(UTC), "test")
    return consumer.consume()


def inbox(settings: Settings, username: str) -> list[Mail]:
    return [mail for mail in read_mail(settings) if mail.to == f"{username}@example.com"]


def test_who_may_decide_is_asked_by_mail_and_decides_with_the_code_in_it(
    store: Engine, mail_settings: Settings
) -> None:
    now = datetime.now(UTC)
    roles = {"dana": "data_scientist", "mary": "sales_manager", "ann": "analyst"}
    with unit_of_work() as session:
        for name, role in roles.items():
            add_person(session, name, name, [role], "test", f"{name}@example.com")
        approval_id = approvals.propose(session, QUESTION, now).id
    deliver(store, mail_settings)
    [asked] = inbox(mail_settings, "dana")
    assert asked.subject == "Please decide: Model promotion: lead-conversion/9"
    assert f"/console/approvals/{approval_id}" in asked.text
    assert inbox(mail_settings, "mary") == inbox(mail_settings, "ann") == []
    code = re.search(r"code: (\S+)", asked.text)
    assert code is not None
    with unit_of_work() as session:
        made = codes.decide_with_code(
            session, approval_id, "approve", "dana", code[1], "better", datetime.now(UTC)
        )
        assert made.words == "Noted. Now it waits for sales_manager."
    deliver(store, mail_settings)
    assert len(inbox(mail_settings, "mary")) == 1
    assert len(inbox(mail_settings, "dana")) == 1


def test_whoever_asked_is_told_what_was_decided(store: Engine, mail_settings: Settings) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        asker = add_person(session, "olga", "Olga", ["analyst"], "test", "olga@example.com")
        dana = add_person(session, "dana", "Dana", ["data_scientist"], "test")
        approval_id = approvals.propose(session, replace(QUESTION, requested_by=asker.id), now).id
        approvals.decide(session, approval_id, "reject", dana, "Not better", now, "api")
    deliver(store, mail_settings)
    [told] = inbox(mail_settings, "olga")
    assert told.subject == "Rejected: Model promotion: lead-conversion/9"
    assert "Not better" in told.text


def test_a_question_that_was_answered_meanwhile_is_not_asked(
    store: Engine, mail_settings: Settings
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        dana = add_person(session, "dana", "D", ["data_scientist"], "test", "dana@example.com")
        approval_id = approvals.propose(session, QUESTION, now).id
        approvals.decide(session, approval_id, "reject", dana, "no", now, "api")
    deliver(store, mail_settings)
    assert inbox(mail_settings, "dana") == []


def test_a_mail_server_that_is_down_loses_nothing(store: Engine, mail_settings: Settings) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        add_person(session, "dana", "D", ["data_scientist"], "test", "dana@example.com")
        approvals.propose(session, QUESTION, now)
    away = mail_settings.model_copy(update={"smtp_port": free_port()})
    with pytest.raises(ServerAway):
        deliver(store, away)
    with unit_of_work() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_person")).one()
        assert (row.status, row.attempts) == ("waiting", 1)
        assert "dana@" not in str(row.error)
        row.available_at = now
    deliver(store, mail_settings)
    assert len(inbox(mail_settings, "dana")) == 1


def test_whose_password_is_guessed_is_told_by_mail(store: Engine, mail_settings: Settings) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        add_person(session, "dana", "D", ["data_scientist"], "test", "dana@example.com")
        for _ in range(6):
            sign_in(session, "dana", "wrong", now, 12, "192.0.2.1")
    deliver(store, mail_settings)
    [told] = inbox(mail_settings, "dana")
    assert told.subject == "Wrong passwords for your account"
    assert "/console/password" in told.text
    assert "192.0.2.1" not in told.text


def test_what_nobody_may_decide_is_on_the_list_of_what_was_not_told(
    store: Engine, mail_settings: Settings
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        root = add_person(session, "root", "R", ["admin"], "test", "root@example.com")
        approvals.propose(session, replace(QUESTION, requested_by=root.id), now)
    deliver(store, mail_settings)
    assert inbox(mail_settings, "root") == []
    with unit_of_work() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_person")).all()
        assert rows
        assert {row.status for row in rows} == {"nothing_done"}
        assert "Nobody may decide" in str([row.why for row in rows])
        [first, *_] = rows
        add_person(session, "dana", "D", ["data_scientist"], "test", "dana@example.com")
        outbox_settling.retry(session, first.id, "test", "there is somebody now", now)
    deliver(store, mail_settings)
    deliver(store, mail_settings)
    assert len(inbox(mail_settings, "dana")) == 1
