"""Reports of mail servers: of what became of a mail (RFC 3464), of what somebody calls spam
(RFC 5965), and bounces of before there were any."""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

from flufl.bounce import all_failures

from leadflow.channels.email.returned.originals import addresses_of_originals, original_of
from leadflow.channels.email.returned.reasons import class_said
from leadflow.channels.email.returned.said import Kind, NotCertain, Returned

_ACTIONS: dict[str, Kind] = {
    "failed": "bounced",
    # OpenSMTPD and Postfix of old.
    "error": "bounced",
    "delayed": "deferred",
    "delivered": "delivered",
}
_ENCODED = re.compile(r"\+([2-7][0-9A-F])")
# Where the words of the mail server end and what came back begins.
_BELOW = (
    "--- below this line is a copy",
    "this is a copy of the message",
    "original message follows",
    "--- the header of the original",
    "message-id:",
)
# What its detectors stumble over they write into the log with what they read.
logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())
logging.getLogger("flufl.bounce").propagate = False


def delivery_report(mail: EmailMessage, words: str) -> Returned | None:
    """What a report of delivery says; None where the mail is none.

    Raises:
        NotCertain: it is one, and it is not certain what it says.
    """
    blocks = [one for one in _status_blocks(mail) if one.get("action")]
    if not blocks:
        return None
    kinds = {_ACTIONS.get(_first_word(one["action"])) for one in blocks}
    if len(kinds) != 1 or None in kinds:
        raise NotCertain("Its actions are not of one kind that is known.")
    kind = next(one for one in kinds if one is not None)
    ours, at = original_of(mail, words), moment_of(mail)
    to = _receivers(blocks) or addresses_of_originals(mail)
    if kind != "bounced":
        return Returned(kind, *ours, at, to=to)
    classes = {
        class_said(_diagnostic(one) or words, [str(one.get("status", ""))]) for one in blocks
    }
    if len(classes) != 1:
        raise NotCertain("It is about several receivers, with several reasons.")
    return Returned(kind, *ours, at, classes.pop(), to)


def complaint(mail: EmailMessage, words: str) -> Returned | None:
    """What a report of spam says; None where the mail is none.

    Raises:
        NotCertain: it is one, and says of no message of ours that it is spam.
    """
    said = [
        str(part.get("feedback-type", "")).strip().lower()
        for report in mail.walk()
        if report.get_content_type() == "message/feedback-report"
        for part in _fields_of(report)
    ]
    kinds = {one for one in said if one}
    if not said:
        return None
    if kinds - {"abuse", "fraud"} or not kinds:
        raise NotCertain("It is a report, and not of spam.")
    ours = original_of(mail, words)
    return Returned("complained", *ours, moment_of(mail), to=addresses_of_originals(mail))


def old_bounce(mail: EmailMessage, words: str) -> Returned | None:
    """What a bounce in words alone says, as qmail writes it; None where it is not known as one.

    Raises:
        NotCertain: it is one, and it is not certain of what, or why.
    """
    if not str(mail.get("from", "")).strip():
        # The detectors rely on that.
        raise NotCertain("It does not say whom it is from.")
    try:
        for_now, for_good = all_failures(mail)
    except Exception as error:
        raise NotCertain(f"It cannot be taken apart ({type(error).__name__}).") from None
    if not for_now and not for_good:
        return None
    ours, at = original_of(mail, words), moment_of(mail)
    to = frozenset(one.decode("ascii", "replace") for one in for_good or for_now)
    if not for_good:
        return Returned("deferred", *ours, at, to=to)
    return Returned("bounced", *ours, at, class_said(_above(words), ()), to)


def moment_of(mail: EmailMessage) -> datetime | None:
    """When a mail was written; None where it does not say, or without its zone."""
    try:
        at = parsedate_to_datetime(str(mail["date"]))
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None


def _status_blocks(mail: EmailMessage) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            yield from _fields_of(part)


def _fields_of(part: Message) -> list[Message]:
    """The blocks of fields of a report's part, however it was taken apart."""
    content = part.get_payload()
    if isinstance(content, list):
        return [one for one in content if isinstance(one, Message)]
    from email import message_from_string

    return [message_from_string(block) for block in str(content).replace("\r", "").split("\n\n")]


def _diagnostic(block: Message) -> str:
    said = " ".join(str(block.get("diagnostic-code", "")).split())
    return said.partition(";")[2].strip() or said


def _receivers(blocks: list[Message]) -> frozenset[str]:
    """Whom a report names, as the message was addressed and as it was handed on."""
    names = ("original-recipient", "final-recipient")
    said = [str(one.get(name, "")) for one in blocks for name in names]
    found = {(one.partition(";")[2] or one).strip(" <>\t\r\n") for one in said} - {""}
    # An address that was handed along (ORCPT, RFC 3461) has some signs written as +2B.
    return frozenset(found | {_ENCODED.sub(lambda sign: chr(int(sign[1], 16)), x) for x in found})


def _first_word(text: str) -> str:
    return next(iter(str(text).lower().split()), "").strip("(;")


def _above(words: str) -> str:
    lower = words.lower()
    ends = [place for mark in _BELOW if (place := lower.find(mark)) > 0]
    return words[: min(ends)] if ends else words
