"""A mail travels as the standards say, signed, and nobody writes its headers but we."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from leadflow.channels.email.dkim import KeyUnusable, Signer, signer
from leadflow.channels.email.message import (
    AddressInvalid,
    Envelope,
    Mailbox,
    carried,
    message_bytes,
)
from leadflow.channels.email.rendering import Rendered

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAIL = Rendered("Grüße", "<p>Grüße " + "long " * 300 + "</p>", "Grüße\n.\nFrom here\n")
ENVELOPE = Envelope(
    "msg_01",
    Mailbox("ann@example.com", "Ann"),
    Mailbox("zoe@example.org", "Zoë, Müller"),
    Mailbox("rep@example.com"),
    "https://example.com/u/1?a=1",
)


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_has_both_parts_and_the_headers_of_bulk_mail() -> None:
    content = message_bytes(MAIL, ENVELOPE, NOW)
    message = read(content)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().replace("\r", "") for part in message.iter_parts()] == [
        MAIL.text.strip(),
        MAIL.html,
    ]
    assert message["Message-ID"] == "<msg_01@example.com>"
    assert message["Subject"] == "Grüße"
    assert message["To"].addresses[0].display_name == "Zoë, Müller"
    assert message["List-Unsubscribe"] == "<https://example.com/u/1?a=1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Precedence"] == "bulk"
    assert message["Date"].datetime == NOW
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_long_address_or_subject_is_folded_and_not_changed() -> None:
    url = "https://example.com/u/" + "a1" * 200
    envelope = replace(ENVELOPE, unsubscribe_url=url)
    raw = message_bytes(replace(MAIL, subject="Grüße " * 40), envelope, NOW)
    assert read(raw)["List-Unsubscribe"] == f"<{url}>"
    assert read(raw)["Subject"] == ("Grüße " * 40).strip()
    assert url.encode() in raw


def test_mail_that_nobody_opts_out_of_does_not_say_how() -> None:
    message = read(message_bytes(MAIL, replace(ENVELOPE, unsubscribe_url=None), NOW))
    assert "List-Unsubscribe" not in message
    assert "Precedence" not in message


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\x00"])
def test_a_name_or_subject_adds_no_header(end: str) -> None:
    evil = f"Ann{end}Bcc: all@example.com{end}{end}<p>Hello"
    envelope = replace(
        ENVELOPE, to=Mailbox("zoe@example.org", evil), sender=replace(ENVELOPE.sender, name=evil)
    )
    message = read(message_bytes(replace(MAIL, subject=evil), envelope, NOW))
    assert "Bcc" not in message
    assert len(message["To"].addresses) == 1
    assert message["Subject"] == "Ann Bcc: all@example.com <p>Hello"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoe",
        "zoe@",
        "@example.com",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c",
        "zoë b@example.com",
        "zoë\r\n@example.com",
        "zoë@exämple.com\r\nBcc: c",
        "\u202ezoë@example.com",
    ],
)
def test_what_is_no_address_gets_no_mail(address: str) -> None:
    with pytest.raises(AddressInvalid, match="receiver"):
        message_bytes(MAIL, replace(ENVELOPE, to=Mailbox(address)), NOW)


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://a.example/>\r\nBcc: c", "mailto:a@b"]
)
def test_one_click_is_an_https_address(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        message_bytes(MAIL, replace(ENVELOPE, unsubscribe_url=url), NOW)


@pytest.mark.parametrize("key", ["a b", "a>", "é", "a\r\nb"])
def test_a_key_that_would_break_the_message_id_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        message_bytes(MAIL, replace(ENVELOPE, key=key), NOW)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def signs() -> Signer:
    return signer("example.com", "lf", pem(rsa.generate_private_key(65537, 2048)))


def verified(content: bytes, signs: Signer) -> bool:
    public = signs.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    return bool(
        dkim.verify(
            content,
            dnsfunc=lambda name, timeout=5: (
                record if name == b"lf._domainkey.example.com." else b""
            ),
        )
    )


@pytest.mark.parametrize("without", [{}, {"unsubscribe_url": None}, {"reply_to": None}])
def test_the_signature_holds_and_covers_what_mailboxes_show(
    without: dict[str, Any], signs: Signer
) -> None:
    content = signs.signed(message_bytes(MAIL, replace(ENVELOPE, **without), NOW), NOW)
    assert verified(content, signs)
    head, _, body = content.partition(b"\r\n\r\n")
    for name in (b"From", b"Subject", b"To", b"Message-ID"):
        assert not verified(
            content.replace(b"\r\n" + name + b": ", b"\r\n" + name + b": x", 1), signs
        )
    assert not verified(head + b"\r\n\r\n" + body + b"more\r\n", signs)
    assert not verified(b"Subject: another\r\n" + content, signs)


def test_the_signature_covers_the_way_out(signs: Signer) -> None:
    content = signs.signed(message_bytes(MAIL, ENVELOPE, NOW), NOW)
    assert not verified(content.replace(b"/u/1", b"/u/2"), signs)
    assert not verified(content.replace(b"=One-Click", b"=Two-Click"), signs)


def test_a_key_that_mailboxes_would_not_trust_is_refused() -> None:
    small = pem(rsa.generate_private_key(65537, 1024))  # noqa: S505
    for unusable in (b"no key", small, pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(KeyUnusable):
            signer("example.com", "lf", unusable)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@例子.example", "ada@xn--fsqu00a.example"),
    ],
)
def test_a_domain_in_other_letters_is_written_as_dns_has_it(written: str, sent: str) -> None:
    assert carried(written) == sent
