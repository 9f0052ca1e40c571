"""Mail is handed over once: what was surely not taken, and what perhaps was, are told apart."""

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from leadflow.channels.email.dkim import Signer
from leadflow.channels.email.message import Envelope, Mailbox, message_bytes
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.email.pace import Pace
from leadflow.channels.email.rendering import Rendered
from leadflow.channels.email.return_paths import return_path
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.channels.port import Accepted, Refused, Uncertain
from tests.unit.channels import mail_server

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAIL = Rendered("Hello", "<p>Hello</p>", ".\nHello\n")


def to(name: str, domain: str = "example.org") -> Outgoing:
    key = name if name.isascii() else name.encode().hex()
    envelope = Envelope(key, Mailbox("ann@example.com"), Mailbox(f"{name}@{domain}"))
    return Outgoing(envelope, MAIL, NOW)


@contextmanager
def sending(
    server: mail_server.Server, pace: Pace | None = None, connections: int = 4
) -> Iterator[Smtp]:
    with mail_server.serving(server):
        smtp = Smtp(Server("127.0.0.1", server.port, "none", timeout=2), connections, pace)
        try:
            yield smtp
        finally:
            smtp.close()


def test_many_mails_go_over_few_connections_that_are_kept() -> None:
    server = mail_server.Server()
    with sending(server) as smtp:
        for _ in range(2):
            results = smtp.send_many([to(f"n{number}") for number in range(40)])
            assert all(isinstance(result, Accepted) for result in results)
    assert len(server.taken) == 80
    assert server.connections <= 4
    assert server.most <= 4
    assert server.taken[0].content == message_bytes(MAIL, to("n0").envelope, NOW)


def test_a_mail_returns_to_an_address_of_its_own_where_one_is_given() -> None:
    server, plain = mail_server.Server(), to("plain")
    path = return_path("bounces@returns.example", "msg_1")
    own = replace(plain, envelope=replace(plain.envelope, returns_to=path))
    with sending(server, connections=1) as smtp:
        smtp.send_many([plain, own])
    assert {one.mail_from for one in server.taken} == {
        "ann@example.com",
        "bounces+msg_1@returns.example",
    }
    assert [one.content for one in server.taken] == [message_bytes(MAIL, plain.envelope, NOW)] * 2
    # The very same mail, as whoever sends it again reckons.
    assert own.hash == plain.hash


REFUSED = {
    "nobody": ("rcpt", "550 5.1.1 <nobody@example.org> no such user", "recipient"),
    "bare": ("rcpt", "550 no", "unclear"),
    "listed": ("rcpt", "550 Message rejected: your IP is listed at Spamhaus", "policy"),
    "wordy": ("rcpt", "550 Recipient address rejected: User unknown in local table", "recipient"),
    "moved": ("rcpt", "551 user not local", "unclear"),
    "full": ("rcpt", "452 4.2.2 mailbox full", "mailbox_full"),
    "full_for_good": ("rcpt", "552 5.2.2 over quota", "mailbox_full"),
    "reputation": ("rcpt", "550 5.7.1 blocked", "policy"),
    "unsigned": ("data", "550 5.7.26 unauthenticated", "policy"),
    "policy": ("data", "550 blocked by local policy", "policy"),
    "spam": ("data", "554 looks like spam", "content"),
    "large": ("data", "552 5.3.4 too large", "content"),
    "greylisted": ("rcpt", "451 4.7.1 later", "transient"),
    "closing": ("rcpt", "421 4.3.2 going down", "transient"),
    "locked": ("rcpt", "530 5.7.0 sign in first", "credentials"),
}


def test_a_refusal_says_whose_fault_it_is_and_others_go_on() -> None:
    answers = {f"{stage}_{name}": said for name, (stage, said, _) in REFUSED.items()}
    server = mail_server.Server(**answers)
    with sending(server, connections=1) as smtp:
        results = smtp.send_many([one for name in REFUSED for one in (to(name), to("fine"))])
    found = dict(zip(REFUSED, results[::2], strict=True))
    for name, (_, said, fault) in REFUSED.items():
        result = found[name]
        assert isinstance(result, Refused)
        assert (result.fault, result.code) == (fault, int(said[:3])), name
        assert "@" not in result.said
    assert all(isinstance(result, Accepted) for result in results[1::2])
    assert len(server.taken) == len(REFUSED)


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
def test_a_kept_connection_that_broke_before_it_had_the_mail_is_replaced(stage: str) -> None:
    server = mail_server.Server()
    with sending(server, connections=1) as smtp:
        smtp.send_many([to("first")])
        server.answers[f"{stage}_{'ann' if stage == 'mail' else 'second'}"] = "once drop"
        [result] = smtp.send_many([to("second")])
    assert isinstance(result, Accepted)
    assert len(server.taken) == 2


@pytest.mark.parametrize("how", ["drop", "hang"])
def test_a_mail_that_was_given_away_without_an_answer_is_uncertain_and_not_sent_again(
    how: str,
) -> None:
    server = mail_server.Server(data_lost=how)
    with sending(server) as smtp:
        results = smtp.send_many([to("lost"), to("fine")])
    assert [type(result) for result in results] == [Uncertain, Accepted]
    assert len(server.taken) == 1


def test_a_server_that_always_breaks_off_is_no_endless_try() -> None:
    with sending(mail_server.Server(rcpt_a="drop")) as smtp:
        [result] = smtp.send_many([to("a")])
    assert isinstance(result, Refused)
    assert result.fault == "transient"


def test_a_server_that_is_away_holds_nobody_up() -> None:
    smtp = Smtp(Server("127.0.0.1", 9, "none", timeout=2), connections=2)
    results = smtp.send_many([to(f"n{number}") for number in range(50)])
    smtp.close()
    assert {(one.fault, one.code) for one in results if isinstance(one, Refused)} == {
        ("transient", None)
    }
    assert len(results) == 50


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize(("password", "taken"), [("right", True), ("wrong", False)])
def test_who_may_not_sign_in_is_told_that_and_not_that_mails_are_bad(
    password: str, taken: bool
) -> None:
    server = mail_server.Server()
    server.asks = True
    with mail_server.serving(server):
        known = Server("127.0.0.1", server.port, "none", "ann", password, timeout=2)
        smtp = Smtp(known, connections=2)
        results = smtp.send_many([to("a"), to("b"), to("c")])
        smtp.close()
    faults = [one.fault for one in results if isinstance(one, Refused)]
    assert faults == ([] if taken else ["credentials"] * 3)


def test_a_server_that_cannot_be_trusted_gets_no_mail() -> None:
    server = mail_server.Server()
    with mail_server.serving(server):
        smtp = Smtp(Server("127.0.0.1", server.port, "starttls", timeout=2))
        [result] = smtp.send_many([to("a")])
        smtp.close()
    assert isinstance(result, Refused)
    assert server.taken == []


def test_mail_is_signed_and_what_is_no_address_is_told_by_itself() -> None:
    signs = Signer("example.com", "lf", generate_private_key(65537, 2048))
    server = mail_server.Server()
    with mail_server.serving(server):
        smtp = Smtp(Server("127.0.0.1", server.port, "none", timeout=2), signer=signs)
        bad, good = smtp.send_many([to("a b\r\nRCPT TO:<c@d.example>"), to("fine")])
        smtp.close()
    assert isinstance(bad, Refused)
    assert bad.fault == "unclear"
    assert isinstance(good, Accepted)
    [envelope] = server.taken
    assert str(envelope.content).startswith("b'DKIM-Signature: v=1;")
    assert envelope.rcpt_tos == ["fine@example.org"]


def test_a_mailbox_in_other_letters_gets_its_mail_where_the_server_takes_them() -> None:
    signs = Signer("example.com", "lf", generate_private_key(65537, 2048))
    server = mail_server.Server()
    server.utf8 = True
    with mail_server.serving(server):
        smtp = Smtp(Server("127.0.0.1", server.port, "none", timeout=2), 1, signer=signs)
        results = smtp.send_many([to("zoë"), to("fine"), to("用户")])
        smtp.close()
    assert all(isinstance(one, Accepted) for one in results)
    assert [one.rcpt_tos for one in server.taken] == [
        [f"{name}@example.org"] for name in ("zoë", "fine", "用户")
    ]
    assert [one.count("SMTPUTF8") for one in server.options] == [1, 0, 1]
    content = server.taken[0].content
    assert isinstance(content, bytes)
    assert "\r\nTo: zoë@example.org\r\n".encode() in content
    public = signs.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    assert dkim.verify(content, dnsfunc=lambda *_, **__: record)


def test_a_mailbox_in_letters_that_the_server_does_not_take_is_told_so_and_others_go_on() -> None:
    server = mail_server.Server(rcpt_far="550 5.6.7 no such letters further on")
    with sending(server, connections=1) as smtp:
        results = smtp.send_many([to("zoë"), to("fine"), to("far")])
    assert [type(one) for one in results] == [Refused, Accepted, Refused]
    for result in (results[0], results[2]):
        assert isinstance(result, Refused)
        assert result.fault == "needs_smtputf8"
    assert [one.rcpt_tos for one in server.taken] == [["fine@example.org"]]


def test_a_mail_that_cannot_be_written_does_not_keep_others_from_their_answer() -> None:
    wrong = to("wrong")
    wrong = replace(wrong, envelope=replace(wrong.envelope, unsubscribe_url="http://example.com"))
    with sending(mail_server.Server()) as smtp:
        results = smtp.send_many([to("a"), wrong, to("b")])
    assert [type(one) for one in results] == [Accepted, Refused, Accepted]


def test_a_slow_domain_holds_only_itself_up() -> None:
    server = mail_server.Server()
    with sending(server, Pace(per_second=20, at_once=1), connections=2) as smtp:
        began = time.monotonic()
        results = smtp.send_many(
            [to(f"n{number}", "slow.example") for number in range(5)]
            + [to("one", f"{number}.example") for number in range(20)]
        )
        assert time.monotonic() - began >= 4 / 20
    assert all(isinstance(result, Accepted) for result in results)
    order = [envelope.rcpt_tos[0] for envelope in server.taken]
    assert order[-1].endswith("@slow.example")
    assert order.index("n4@slow.example") > 20
