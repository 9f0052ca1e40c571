"""Salespeople and those above them are told by mail, through a real SMTP server and the outbox."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from leadflow.accounts.people import add_person
from leadflow.assignment.notices import Notice, tell
from leadflow.assignment.routing import sweep
from leadflow.assignment.tables import Rep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications import smtp
from leadflow.integrations.notifications.mailbox import Mail, read_mail, serve
from leadflow.integrations.notifications.recipients import unreachable
from leadflow.outbox import settling
from leadflow.outbox.consumer import Consumer
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import Settings, get_settings
from tests.integration.test_assignment import put_lead
from tests.servers import free_port

pytestmark = pytest.mark.uncounted

TEAM = """
fallback_owner: head
teams:
  - {name: north, lead: lena, manager: max}
reps:
  - {id: ann, name: Ann, capacity: 5, team: north, skills: {crm: 5}, email: ann@example.com}
  - {id: lena, name: Lena, capacity: 0, team: north}
  - {id: max, name: Max, capacity: 0, email: own@example.com}
  - {id: head, name: Head}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A mail server of this test's own."""
    made = get_settings().model_copy(update={"smtp_port": free_port(), "home": tmp_path})
    server = serve(made)
    yield made
    server.stop()


@pytest.fixture
def reps(store: Engine, tmp_path: Path) -> dict[str, str]:
    """Salespeople by their own ids: Ann has an address, Max an account, Lena and Head neither."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        ids = dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())
        add_person(
            session, "max", "Max", ["sales_manager"], "test", "max@example.com", rep_id=ids["max"]
        )
    return ids


def consume(store: Engine, settings: Settings, later: timedelta = timedelta(seconds=1)) -> Consumer:
    consumer = Consumer(
        store, settings, NOTICES, lambda: datetime.now(UTC) + later, "test", lambda: False
    )
    consumer.consume()
    return consumer


def say(*notices: Notice) -> None:
    with unit_of_work() as session:
        tell(session, notices)


def row() -> OutboxRow:
    with unit_of_work() as session:
        return session.scalars(select(OutboxRow)).one()


def mails(settings: Settings) -> list[Mail]:
    return read_mail(settings)


def test_a_salesperson_is_told_of_a_hot_lead_by_its_name_with_a_link(
    store: Engine, settings: Settings, reps: dict[str, str]
) -> None:
    with unit_of_work() as session:
        about = {"first_name": "Jane", "last_name": "Doe", "company_name": "Acme\nCo"}
        lead = put_lead(session, 90, service_requirements=["crm"], **about)
        warm = put_lead(session, 55, "warm", service_requirements=["crm"])
        sweep.sweep(session, get_settings(), "skill_based", datetime.now(UTC))
    consume(store, settings)
    [told] = mails(settings)
    text = told.text.replace("\r\n", "\n")
    assert (told.to, told.subject) == ("ann@example.com", "A hot lead for you: Jane Doe, Acme Co")
    assert text.startswith("Hello Ann,\n")
    assert f"{settings.address}/console/leads/{lead}" in told.text
    assert f"Jane Doe, Acme Co\n{settings.address}" in text
    assert "&" not in told.text
    # The name is in the mail alone, in nothing that is kept of it.
    assert "Jane" not in f"{row().payload}{row().result}{row().key}"
    assert warm not in told.text
    assert row().status == "done"


@pytest.mark.parametrize(
    ("to", "whom"), [("rep", "ann@example.com"), ("manager", "max@example.com")]
)
def test_whoever_is_named_is_told_by_their_account_or_else_their_own_address(
    store: Engine, settings: Settings, reps: dict[str, str], to: str, whom: str
) -> None:
    say(Notice("rule", reps["ann"], to, ["lead_1", "lead_2"], "a batch"))  # type: ignore[arg-type]
    consume(store, settings)
    [told] = mails(settings)
    assert (told.to, told.subject) == (whom, "Your rules tell you of 2 leads")


def test_a_mail_names_only_leads_that_whoever_gets_it_may_see(
    store: Engine, settings: Settings, reps: dict[str, str]
) -> None:
    with unit_of_work() as session:
        lead = put_lead(session, 90, service_requirements=["crm"], first_name="Jane")
        sweep.sweep(session, get_settings(), "skill_based", datetime.now(UTC))
        session.get_one(Rep, reps["head"]).email = "head@example.com"
    say(
        Notice("rule", reps["ann"], "manager", [lead], "a batch"),
        Notice("rule", reps["head"], "rep", [lead], "another"),
    )
    consume(store, settings)
    subjects = {mail.to: mail.subject for mail in mails(settings)}
    assert subjects["max@example.com"] == "Your rules tell you of Jane"
    assert subjects["head@example.com"] == f"Your rules tell you of {lead}"


def test_whoever_cannot_be_told_is_listed_and_told_once_there_is_an_address(
    store: Engine, settings: Settings, reps: dict[str, str]
) -> None:
    say(Notice("escalated", reps["ann"], "team_lead", ["lead_1"], "a moment"))
    consume(store, settings)
    assert (row().status, mails(settings)) == ("nothing_done", [])
    assert reps["lena"] in str(row().why)
    with unit_of_work() as session:
        assert [one.external_id for one in unreachable(session)] == ["head", "lena"]
        assert [act.id for act in settling.find(session, ["nothing_done"]).items] == [row().id]
        session.get_one(Rep, reps["lena"]).email = "lena@example.com"
        settling.retry(session, row().id, "person_1", "she has one now", datetime.now(UTC))
    consume(store, settings)
    assert [mail.to for mail in mails(settings)] == ["lena@example.com"]


def test_nobody_is_reminded_of_a_lead_that_is_no_longer_theirs(
    store: Engine, settings: Settings, reps: dict[str, str]
) -> None:
    say(Notice("reminded", reps["ann"], "rep", ["lead_of_another"], "a moment"))
    consume(store, settings)
    assert (row().status, row().why) == ("nothing_done", "The lead is no longer theirs.")


def test_an_alarm_without_a_fallback_owner_says_so(
    store: Engine, settings: Settings, reps: dict[str, str]
) -> None:
    say(Notice("unroutable", None, "rep", ["lead_1"], "a moment"))
    consume(store, settings)
    assert (row().status, row().why) == ("nothing_done", "There is no fallback owner to tell.")


def test_a_mail_that_was_taken_before_the_crash_is_not_sent_twice(
    store: Engine, settings: Settings, reps: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(Notice("rule", reps["ann"], "rep", ["lead_1"], "a moment"))
    give = smtp._give

    def give_and_die(connection: smtplib.SMTP, content: bytes) -> None:
        give(connection, content)
        raise SystemExit

    monkeypatch.setattr(smtp, "_give", give_and_die)
    with pytest.raises(SystemExit):
        consume(store, settings)
    monkeypatch.setattr(smtp, "_give", give)
    late = consume(store, settings, timedelta(minutes=10))
    late.mend()
    assert (row().status, row().settled_by) == ("done", "reconciler")
    late.consume()
    assert len(mails(settings)) == 1


def test_a_mail_that_was_not_taken_before_the_crash_is_sent_then(
    store: Engine, settings: Settings, reps: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(Notice("rule", reps["ann"], "rep", ["lead_1"], "a moment"))
    give = smtp._give

    def die(connection: smtplib.SMTP, content: bytes) -> None:
        raise SystemExit

    monkeypatch.setattr(smtp, "_give", die)
    with pytest.raises(SystemExit):
        consume(store, settings)
    monkeypatch.setattr(smtp, "_give", give)
    late = consume(store, settings, timedelta(minutes=10))
    late.mend()
    # It has a pause before its next attempt, as after any other failure.
    consume(store, settings, timedelta(minutes=11))
    assert (row().status, len(mails(settings))) == ("done", 1)


def test_a_mail_server_that_falls_silent_with_the_mail_leaves_it_to_a_person(
    store: Engine, settings: Settings, reps: dict[str, str], tmp_path: Path
) -> None:
    """It is somebody else's server, whose mailbox nobody here can look into."""
    say(Notice("rule", reps["ann"], "rep", ["lead_1"], "a moment"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        silent = threading.Thread(target=_hang_up_with_the_mail, args=(listening,))
        silent.start()
        url = f"mailto://127.0.0.1:{port}/?from=a@example.com&to={{email}}&mode=insecure"
        away = settings.model_copy(update={"notify_url": url})
        consumer = consume(store, away)
        silent.join(30)
    assert (row().status, row().attempts) == ("uncertain", 1)
    consumer.mend()
    assert row().status == "uncertain"


def _hang_up_with_the_mail(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb") as lines:
        lines.write(b"220 hello\r\n")
        lines.flush()
        for line in lines:
            word = line[:4].upper()
            if line == b".\r\n":
                return
            answers = {b"EHLO": b"250 ok\r\n", b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n"}
            answers[b"DATA"] = b"354 go on\r\n"
            if word in answers:
                lines.write(answers[word])
                lines.flush()
