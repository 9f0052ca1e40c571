"""Which message of ours a mail is about, and what of it came back."""

import re
from collections.abc import Iterable, Iterator
from email.message import EmailMessage, Message
from email.utils import parseaddr
from typing import NamedTuple

from leadflow.channels.email.return_paths import keys_in
from leadflow.channels.email.returned.said import NotCertain, NothingOfOurs

# The Message-ID of our mails, see ``message.message_id``.
_OURS = re.compile(r"<(msg_[0-9a-f]{28})@([^<>\s]+)>")
_LINE = re.compile(r"^[>\s]*message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_NONE = "It names none of our messages."
_SEVERAL = "It names several of our messages."
# What others call the Message-ID of what came back, in parts of a report.
_NAMES = ("original-message-id", "x-original-message-id")
# Where mail servers say which address a mail was received for.
_RECEIVED_FOR = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")


class Named(NamedTuple):
    """A message of ours, by its Message-ID."""

    key: str
    domain: str


def original_of(mail: EmailMessage, words: str) -> Named:
    """The message that came back: by its own headers where they came along, else by whatever line
    of the words is a Message-ID, else by the address that it was returned to.

    Raises:
        NotCertain: none of our messages is named, or several.
    """
    headers = [one for part in originals(mail) for one in part.get_all("message-id", [])]
    headers += [one for part in _reports(mail) for name in _NAMES for one in part.get_all(name, [])]
    return _only(_named(headers) or _named(_LINE.findall(words)) or _returned_to(mail))


def answered_by(mail: EmailMessage) -> Named:
    """The message that this answers.

    Raises:
        NotCertain: none of our messages is named, or several.
    """
    for name in ("in-reply-to", "references"):
        if found := _named(map(str, mail.get_all(name, []))):
            return _only(found)
    raise NothingOfOurs(_NONE)


def originals(mail: EmailMessage) -> Iterator[Message]:
    """The messages that came back inside of a mail, or their headers alone."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            yield from (one for one in part.get_payload() if isinstance(one, Message))
        elif kind in ("text/rfc822-headers", "message/rfc822-headers", "message/rfc822"):
            yield _headers_of(part)


def addresses_of_originals(mail: EmailMessage) -> frozenset[str]:
    """The addresses that what came back was for; none where that is not there."""
    found = (parseaddr(str(part.get("to", "")))[1] for part in originals(mail))
    return frozenset(found) - {""}


def _headers_of(part: Message) -> Message:
    from email import message_from_bytes

    content = part.get_payload(decode=True)
    return message_from_bytes(content if isinstance(content, bytes) else b"")


def _reports(mail: EmailMessage) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_type() in ("message/delivery-status", "message/feedback-report"):
            yield part
            yield from (one for one in part.walk() if one is not part)


def _returned_to(mail: EmailMessage) -> set[Named]:
    to = (str(one) for name in _RECEIVED_FOR for one in mail.get_all(name, []))
    return {Named(key, domain.lower()) for key, domain in keys_in(to)}


def _named(texts: Iterable[str]) -> set[Named]:
    found = (one for text in texts for one in _OURS.findall(text))
    return {Named(key, domain.lower()) for key, domain in found}


def _only(named: set[Named]) -> Named:
    if len(named) != 1:
        raise NotCertain(_SEVERAL if named else _NONE)
    return next(iter(named))
