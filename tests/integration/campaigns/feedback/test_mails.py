"""Mails that came back are read from wherever they lie, noted once, and none is lost."""

import json
import mailbox
import re
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import Engine, select, text, update
from typer.testing import CliRunner

from leadflow.campaigns.feedback.mails import (
    ANOTHERS,
    ELSEWHERE,
    PERHAPS_NO,
    Mails,
    forget_unread,
    note_mails,
    unread_mails,
)
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.returned.folders import NoMails, mails_in
from leadflow.channels.email.returned.reading import NO_OF_WHOM
from leadflow.channels.email.returned.said import Kind
from leadflow.cli.campaigns.returned import IN_WORDS
from leadflow.cli.main import app
from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.database.engine import unit_of_work
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from tests.integration.campaigns.feedback.noting import SENT_AT, sent, state_of, suppressed
from tests.integration.campaigns.running import NAME
from tests.unit.channels.returned.mails import (
    ADDRESS,
    KEY,
    answer,
    plain,
    qmail,
    report,
    spam_report,
    status,
)

BOUNCE = report("", status("failed", "5.1.1"))
DOMAIN = "example.com"
UNCLEAR = report("", status("failed", "5.0.0", "smtp; 550 no"))


def of(mail: bytes, message: str, number: int) -> bytes:
    """The same mail about another message, to another lead."""
    to = f"lead{number}@example.com"
    return mail.replace(KEY.encode(), message.encode()).replace(ADDRESS.encode(), to.encode())


def dated(mail: bytes, date: str) -> bytes:
    """The same mail with another date of its own."""
    return re.sub(rb"Date: .*", f"Date: {date}".encode(), mail, count=1)


def read(*mails: bytes) -> Mails:
    with unit_of_work() as session:
        return note_mails(session, mails, [DOMAIN], Bounds.of(get_settings()), datetime.now(UTC))


@pytest.fixture
def messages(store: Engine) -> list[str]:
    return sent(3)


def test_mails_are_noted_once_with_all_that_follows(messages: list[str]) -> None:
    mails = [
        of(BOUNCE, messages[0], 0),
        of(spam_report("abuse"), messages[1], 1),
        of(answer("Automatic reply: Hello"), messages[2], 2),
        of(answer("Re: Hello"), messages[2], 2),
        plain("Hello", "How are you?", "From: a@b.example\n"),
    ]
    done = read(*mails)
    assert done.said == {"bounced": 1, "complained": 1, "auto_replied": 1, "replied": 1}
    assert (done.known, done.others, done.unread) == (0, 1, 0)
    assert state_of(messages[0]) == ("bounced", "recipient")
    assert state_of(messages[2]) == ("accepted", None)
    assert suppressed() == ["complaint", "hard_bounce", "opted_out"]
    assert read(*mails) == Mails(known=4, others=1)
    with unit_of_work() as session:
        said = set(session.scalars(select(LeadEvent.type)))
    assert said == {"email_bounce", "unsubscribe", "email_reply"}


def test_what_is_read_again_is_not_told_as_new(
    messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "sender_email", f"news@{DOMAIN}")
    mails = [of(BOUNCE, messages[0], 0), of(answer("Re: Hello"), messages[2], 2)]
    for number, mail in enumerate([*mails, of(UNCLEAR, messages[1], 1), b""]):
        (tmp_path / f"{number}.eml").write_bytes(mail)
    command = ["campaigns", "bounced", str(tmp_path)]
    first, again = (CliRunner().invoke(app, command).stdout.splitlines() for _ in range(2))
    left = "1 mail about something else, left alone."
    kept = "1 mail kept unread: leadflow campaigns unread"
    assert first == ["New: 1 bounce, 1 reply; 0 known already.", left, kept]
    assert again == ["New: nothing; 3 known already.", left]


def why_unread() -> list[str]:
    with unit_of_work() as session:
        return [one.why for one in unread_mails(session)]


def test_a_report_that_names_others_than_the_lead_suppresses_nobody(messages: list[str]) -> None:
    ours = of(BOUNCE, messages[0], 0)
    final, to = b"Final-Recipient: rfc822; lead0@example.com", b"To: Ada <lead0@example.com>"
    assert final in ours
    others = final.replace(b"lead0", b"eve")
    forged = [
        ours.replace(final, others),
        ours.replace(final, others + b"\nOriginal-Recipient: rfc822; lead1@example.com"),
        of(BOUNCE, messages[0], 77),
        of(qmail("550 sorry, no mailbox here by that name"), messages[0], 77),
        of(report("", status("delayed", "4.4.7")), messages[0], 77),
        ours.replace(b"lead0", b"lead0\xff\xfe"),
    ]
    done = read(*forged)
    assert (done.said, done.unread, suppressed()) == ({}, 6, [])
    assert set(why_unread()) == {ANOTHERS}
    assert state_of(messages[0]) == ("accepted", None)
    # Whom it was handed on to is somebody else, and whom it was for is the lead.
    forwarded = others + b"\nOriginal-Recipient: rfc822; LEAD0@example.com"
    assert read(ours.replace(final, forwarded).replace(to, b"To: x@example.com")).unread == 0
    with unit_of_work() as session:
        row = text("SELECT address_index FROM suppressions WHERE reason = 'hard_bounce'")
        assert session.scalars(row).all() == [email_index_of("lead0@example.com")]


def test_a_message_of_ours_as_of_another_domain_is_not_certain(messages: list[str]) -> None:
    mails = [of(BOUNCE, messages[0], 0), of(answer("Re: Hello"), messages[0], 0)]
    ours, others = f"<{messages[0]}@example.com>".encode(), f"<{messages[0]}@evil.test>".encode()
    assert all(ours in mail for mail in mails)
    done = read(*(mail.replace(ours, others) for mail in mails))
    assert (done.said, done.unread, suppressed()) == ({}, 2, [])
    assert set(why_unread()) == {ELSEWHERE}


def test_a_report_that_was_returned_to_the_address_of_a_mail_is_noted_of_it(
    messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = report("", status("failed", "5.1.1"), original="Subject: Hello\n")
    own = f"bounces+{messages[0]}@returns.example"
    mail = tmp_path / "one.eml"
    mail.write_bytes(of(nameless, messages[0], 0).replace(b"news@example.com", own.encode()))
    assert read(mail.read_bytes()).unread == 1
    monkeypatch.setattr(get_settings(), "bounce_address", "bounces@returns.example")
    monkeypatch.setattr(get_settings(), "sender_email", f"news@{DOMAIN}")
    told = CliRunner().invoke(app, ["campaigns", "bounced", str(mail)])
    assert "1 bounce" in told.output, told.output
    assert state_of(messages[0]) == ("bounced", "recipient")


def test_a_complaint_counts_where_its_receiver_was_made_unreadable(messages: list[str]) -> None:
    done = read(of(spam_report("abuse"), messages[1], 1).replace(b"lead1@", b"redacted@"))
    assert (done.said, suppressed()) == ({"complained": 1}, ["complaint", "opted_out"])
    with unit_of_work() as session:
        row = text("SELECT address_index FROM suppressions WHERE reason = 'complaint'")
        assert session.scalars(row).all() == [email_index_of("lead1@example.com")]


def test_what_is_not_certain_is_kept_encrypted_once_and_for_a_time(messages: list[str]) -> None:
    unclear = of(UNCLEAR, messages[0], 0)
    gone = BOUNCE
    assert [read(unclear, gone).unread, read(unclear).unread] == [2, 0]
    assert state_of(messages[0]) == ("accepted", None)
    with unit_of_work() as session:
        found = {one.content: one.why for one in unread_mails(session)}
        assert set(found) == {unclear, gone}
        assert "not there any more" in found[gone]
        raw = session.scalars(text("SELECT content FROM unread_mails")).all()
        assert all(b"lead0" not in bytes(one) for one in raw)
        forget_unread(session, datetime.now(UTC) + timedelta(days=1))
        assert unread_mails(session) == []


def test_mails_lie_in_a_file_an_mbox_or_a_folder(tmp_path: Path) -> None:
    mails = [BOUNCE, qmail("552 Mailbox full")]
    box = mailbox.mbox(tmp_path / "box")
    folder = mailbox.Maildir(tmp_path / "mails")
    (tmp_path / "files").mkdir()
    for number, mail in enumerate(mails):
        box.add(mail)
        folder.add(mail)
        (tmp_path / "files" / f"{number}.eml").write_bytes(mail)
    box.close()
    for name in ("box", "mails", "files"):
        assert sorted(map(len, mails_in(tmp_path / name))) == sorted(map(len, mails))
    assert list(mails_in(tmp_path / "files" / "0.eml")) == [BOUNCE]
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoMails, match=r"Maildir, or files \.eml"):
        list(mails_in(tmp_path / "empty"))


def test_a_mail_server_hands_one_in_and_is_told_what_it_said(
    messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "sender_email", f"news@{DOMAIN}")
    handed = CliRunner().invoke(
        app, ["campaigns", "bounced", "-"], input=of(BOUNCE, messages[0], 0)
    )
    assert (handed.exit_code, handed.output) == (0, "New: 1 bounce; 0 known already.\n")
    assert state_of(messages[0]) == ("bounced", "recipient")


@pytest.mark.parametrize("for_programs", [False, True])
def test_where_nothing_can_be_stored_the_mail_server_keeps_it(
    tmp_path: Path, for_programs: bool
) -> None:
    more = ["--json"] if for_programs else []
    done = subprocess.run(
        [sys.executable, "-m", "leadflow.cli.main", "campaigns", "bounced", "-", *more],
        input=BOUNCE,
        capture_output=True,
        env={
            "LEADFLOW_HOME": str(tmp_path),
            "LEADFLOW_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "LEADFLOW_SECRET_KEY": b64encode(bytes(32)).decode(),
            "PYTHONPATH": ":".join(sys.path),
        },
        check=False,
    )
    assert done.returncode == 75
    assert b"ada" not in done.stderr
    if for_programs:
        problem = json.loads(done.stderr)
        assert (problem["type"], done.stdout) == ("/problems/unavailable", b"")
        assert problem["detail"].startswith("The database does not answer")


def moved(message: str, to: str) -> None:
    """The lead of a message has another address from now on."""
    with unit_of_work() as session:
        own = session.get_one(CampaignMessage, message).lead_id
        lead = session.get_one(Lead, own)
        lead.email, lead.email_index = to, email_index_of(to)


def suppressed_addresses() -> set[str]:
    with unit_of_work() as session:
        return set(session.scalars(select(Suppression.address_index)))


def test_what_came_back_from_an_earlier_address_is_noted_of_that_address(
    messages: list[str],
) -> None:
    for number, message in enumerate(messages):
        moved(message, f"new{number}@example.com")
    unnamed = of(spam_report("abuse"), messages[1], 1).replace(b"lead1@example.com", b"redacted")
    done = read(of(BOUNCE, messages[0], 0), unnamed)
    assert (done.said, done.unread) == ({"bounced": 1, "complained": 1}, 0)
    earlier = {email_index_of(f"lead{number}@example.com") for number in (0, 1)}
    # Who complains wants no mail wherever they are now.
    assert suppressed_addresses() == earlier | {email_index_of("new1@example.com")}
    assert state_of(messages[0]) == ("bounced", "recipient")


def test_a_report_of_an_address_that_neither_the_message_nor_its_lead_had_is_kept(
    messages: list[str],
) -> None:
    moved(messages[0], "new0@example.com")
    assert read(of(BOUNCE, messages[0], 77)).unread == 1
    assert suppressed_addresses() == set()


def consents() -> list[tuple[str, str, int]]:
    with unit_of_work() as session:
        asked = select(ConsentEvent.purpose, ConsentEvent.evidence, ConsentEvent.strength)
        return list(session.execute(asked.order_by(ConsentEvent.id)).tuples())


def test_an_answer_that_says_just_no_opts_out_by_weak_evidence(store: Engine) -> None:
    [message] = sent(1)
    with unit_of_work() as session:
        session.execute(update(CampaignMessage).values(purpose="marketing"))
    no = of(answer("Re: Hello", words="Unsubscribe"), message, 0)
    assert read(no).said == {"unsubscribed": 1}
    assert consents() == [("marketing", "reply", 2)]
    assert suppressed() == []
    assert read(no) == Mails(known=1)
    # Said once more, perhaps after a yes between, it is heard once more.
    again = no.replace(b"10:00:00", b"11:00:00")
    assert again != no
    assert read(again).said == {"unsubscribed": 1}
    with unit_of_work() as session:
        assert set(session.scalars(select(LeadEvent.type))) == {"unsubscribe"}


def the_no() -> datetime:
    """Since when the one lead wants no more mail."""
    with unit_of_work() as session:
        return session.scalars(select(ConsentEvent.happened_at)).one()


@pytest.mark.parametrize(
    "date",
    [
        pytest.param("Mon, 30 Nov 2020 10:00:00 +0100", id="long before the mail"),
        pytest.param(format_datetime(SENT_AT - timedelta(minutes=1)), id="just before the mail"),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(days=2)), id="ahead of ours"),
        pytest.param("some time ago", id="no date"),
        pytest.param("Mon, 30 Nov 2026 10:00:00", id="without a zone"),
    ],
)
def test_a_no_cannot_be_said_before_the_mail_that_it_answers_and_is_heard_once(
    store: Engine, date: str
) -> None:
    [message] = sent(1)
    no = dated(of(answer("Re: Hello", words="Unsubscribe"), message, 0), date)
    before = datetime.now(UTC)
    assert read(no).said == {"unsubscribed": 1}
    assert the_no() >= before
    assert read(no) == Mails(known=1)
    # As the same answer lies in another mailbox.
    own = no.replace(b"From:", b"Message-ID: <1@phone.example>\nFrom:")
    assert read(own).said == {"unsubscribed": 1}
    assert read(b"Delivered-To: other@example.com\n" + own) == Mails(known=1)


def test_a_no_counts_from_the_moment_that_it_names_where_that_can_be(store: Engine) -> None:
    [message] = sent(1)
    at = (SENT_AT + timedelta(minutes=30)).replace(microsecond=0)
    no = of(answer("Re: Hello", words="Unsubscribe"), message, 0)
    read(dated(no, format_datetime(at)))
    assert the_no() == at


def test_no_answer_and_no_complaint_is_of_before_its_mail(messages: list[str]) -> None:
    read(of(answer("Re: Hello"), messages[0], 0), of(spam_report("abuse"), messages[1], 1))
    with unit_of_work() as session:
        assert min(session.scalars(select(LeadEvent.occurred_at))) > SENT_AT
    assert the_no() > SENT_AT


def test_opt_outs_are_told_from_a_file_and_as_they_are_handed_in(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message] = sent(1)
    monkeypatch.setattr(get_settings(), "sender_email", f"news@{DOMAIN}")
    no = of(answer("Re: Hello", words="Unsubscribe"), message, 0)
    (tmp_path / "one.eml").write_bytes(no)
    told = CliRunner().invoke(app, ["campaigns", "bounced", str(tmp_path)])
    again = CliRunner().invoke(app, ["campaigns", "bounced", "-"], input=no)
    assert told.output == "New: 1 opt-out; 0 known already.\n"
    assert (again.exit_code, again.output) == (0, "New: nothing; 1 known already.\n")


def test_whatever_a_mail_may_say_has_a_word() -> None:
    assert set(IN_WORDS) == {*get_args(Kind), "unsubscribed"}


def test_a_no_that_answers_none_of_ours_is_kept_for_a_person_and_told(store: Engine) -> None:
    alone = plain("Unsubscribe", "", "From: ada@example.com\n")
    assert read(alone) == Mails(unread=1)
    assert read(alone) == Mails(known=1)
    assert why_unread() == [NO_OF_WHOM]
    with unit_of_work() as session:
        told = select(OutboxRow.payload).where(OutboxRow.act == "notify_of_answers_to_read")
        assert list(session.scalars(told)) == [{"campaign": None, "person_id": None}]


def test_no_to_mail_of_service_is_of_service_and_no_event(messages: list[str]) -> None:
    read(of(answer("Re: Hello", words="Stop"), messages[0], 0))
    assert consents() == [("service", "reply", 2)]
    with unit_of_work() as session:
        assert session.scalars(select(LeadEvent.type)).all() == []


def test_less_certain_answers_are_noted_as_answers_and_kept_for_people(messages: list[str]) -> None:
    done = read(
        of(answer("Re: Hello", words="Could you unsubscribe my colleague?"), messages[0], 0),
        of(answer("Re: Hello", words="Stop"), messages[1], 77),
        of(answer("Automatic reply: Hello", words="Stop"), messages[2], 2),
    )
    assert (done.said, done.unread) == ({"replied": 2, "auto_replied": 1}, 2)
    assert set(why_unread()) == {PERHAPS_NO}
    assert consents() == []
    with unit_of_work() as session:
        told = select(OutboxRow.payload).where(OutboxRow.act == "notify_of_answers_to_read")
        assert list(session.scalars(told)) == [{"campaign": NAME, "person_id": None}]
