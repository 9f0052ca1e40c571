"""A mail as it travels (RFC 5322, RFC 2045): words and HTML side by side, and its headers.

Written out by hand: ``email.message`` takes a millisecond and more for each, and loses a blank
where it folds a long subject.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderDefect, HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

import idna
from email_validator import validate_email

from leadflow.channels.email.rendering import Rendered

_PART = """--{boundary}\r
Content-Type: text/{kind}; charset="utf-8"\r
Content-Transfer-Encoding: quoted-printable\r
\r
"""
# What mail servers take of either, with room to spare.
RECEIVER = "receiver"
_LONGEST_NAME, _LONGEST_ADDRESS = 120, 254
# A word of a header that is encoded has at most 75 letters, a line with its name 78.
_SHORT = 60
_LINK = re.compile(r"https://[!-;=?-~]+", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9._-]+")
# Addresses as nearly all are, of which nothing has to be taken apart (dot-atom, RFC 5322).
_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_PLAIN = re.compile(rf"{_ATOMS}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


class AddressInvalid(ValueError):
    """What should be an address for mail is none, or one with letters that mail cannot carry."""

    def __init__(self, whose: str) -> None:
        self.of_receiver = whose == RECEIVER
        super().__init__(f"The {whose} is no address for mail, such as name@example.com.")


class LettersNotTaken(ValueError):
    """A mailbox is in letters other than ASCII, and whoever sends takes none of these."""

    def __init__(self) -> None:
        super().__init__(
            "The address is in letters that the mail server does not take (it offers no SMTPUTF8)."
        )


@dataclass(frozen=True)
class Mailbox:
    """An address, and the name people see; the name may be empty."""

    address: str
    name: str = ""


def carried(address: str) -> str:
    """An address as mail servers take it: a domain in other letters is written in those of DNS
    (IDNA 2008). One that cannot be is left as it is, and refused where it is used."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address


@dataclass(frozen=True)
class Envelope:
    """From whom to whom a mail goes. ``unsubscribe_url`` is the https address by which one gets no
    more of it with one click (RFC 8058); None for mail that nobody can opt out of. ``returns_to``:
    where mail servers return what they could not deliver; None: to the sender."""

    key: str
    sender: Mailbox
    to: Mailbox
    reply_to: Mailbox | None = None
    unsubscribe_url: str | None = None
    # No part of the mail itself, which is the same wherever it returns to.
    returns_to: str | None = field(default=None, repr=False)

    @property
    def needs_utf8(self) -> bool:
        """Whether the mailbox of the receiver is in other letters than ASCII, which only some mail
        servers take (SMTPUTF8, RFC 6531)."""
        return not self.to.address.rpartition("@")[0].isascii()


def message_bytes(mail: Rendered, envelope: Envelope, now: datetime) -> bytes:
    """The whole message, as a mail server takes it.

    Its Message-ID is ``<key@domain of the sender>``: by it an answer or a bounce is found again.

    Raises:
        AddressInvalid: the sender, the receiver or where to answer has no usable address.
    """
    # In quoted-printable no "=_" can stand, so no part holds the boundary.
    boundary = f"=_{sha256(envelope.key.encode()).hexdigest()[:24]}"
    head = [
        ("From", _address(envelope.sender, "sender")),
        ("To", _address(envelope.to, RECEIVER)),
        ("Subject", _words(mail.subject, "Subject")),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id(envelope)),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    if envelope.reply_to is not None:
        head.append(("Reply-To", _address(envelope.reply_to, "address to answer to")))
    head += bulk_headers(envelope).items()
    headers = "".join(f"{name}: {value}\r\n" for name, value in head)
    # ASCII, but for a mailbox in other letters, which no header can encode (RFC 6532).
    parts = [
        _PART.format(boundary=boundary, kind=kind).encode() + _printable(words)
        for kind, words in (("plain", mail.text), ("html", mail.html))
    ]
    return b"".join((headers.encode(), b"\r\n", *parts, f"--{boundary}--\r\n".encode()))


def bulk_headers(envelope: Envelope) -> dict[str, str]:
    """What tells programs that no person wrote it, and how one gets no more of it."""
    headers = {"Auto-Submitted": "auto-generated"}
    if envelope.unsubscribe_url is not None:
        # Of these mailboxes make a button; and who is on holiday does not answer to bulk.
        headers["List-Unsubscribe"] = f"<{_https(envelope.unsubscribe_url)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        headers["Precedence"] = "bulk"
    return headers


def message_id(envelope: Envelope) -> str:
    """The Message-ID of the mail of this envelope."""
    if not _KEY.fullmatch(envelope.key):
        raise ValueError("A key has letters, digits, dots and dashes alone.")
    return f"<{envelope.key}@{envelope.sender.address.rpartition('@')[2]}>"


@lru_cache(maxsize=1000)
def _address(mailbox: Mailbox, whose: str) -> str:
    address = _checked(mailbox.address, whose)
    name = _one_line(mailbox.name)[:_LONGEST_NAME]
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>' if name else address
    return f"{_words(name, 'Reply-To')}\r\n <{address}>"


def _checked(address: str, whose: str) -> str:
    local, _, domain = address.rpartition("@")
    if len(address) > _LONGEST_ADDRESS or not domain.isascii():
        raise AddressInvalid(whose)
    if _PLAIN.fullmatch(address):
        return address
    try:
        if whose == RECEIVER and not local.isascii():
            validate_email(address, check_deliverability=False, test_environment=True)
            return address
        found = Address(addr_spec=address).addr_spec
    except (ValueError, IndexError, HeaderParseError, HeaderDefect):
        raise AddressInvalid(whose) from None
    if not found.isascii() or "@" not in found.strip("@"):
        raise AddressInvalid(whose)
    return found


def _words(words: str, header: str) -> str:
    """Words as a header has them: ASCII, folded to lines."""
    line = _one_line(words)
    if line.isascii():
        # Most are short; folding takes longer than all else that is done to a message.
        if len(line) <= _SHORT:
            return line
        return Header(line, "us-ascii", header_name=header).encode(linesep="\r\n")
    encoded = b64encode(line.encode()).decode()
    if len(encoded) <= _SHORT:
        return f"=?utf-8?b?{encoded}?="
    return Header(line, "utf-8", header_name=header).encode(linesep="\r\n")


def _printable(words: str) -> bytes:
    lines = words.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    return b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")


def _one_line(words: str) -> str:
    """Without line breaks and other signs that steer programs: a header is one line."""
    if not words.isprintable():
        words = "".join(one if one.isprintable() else " " for one in words)
    return " ".join(words.split())


def _https(url: str) -> str:
    if not _LINK.fullmatch(url):
        raise ValueError("The address to get no more mails by begins with https:// (RFC 8058).")
    return url
