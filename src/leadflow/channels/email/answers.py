"""What a mail server's refusal means: by its code, its enhanced code (RFC 3463), and its stage."""

import re
from typing import Literal

from leadflow.channels.email.message import AddressInvalid, LettersNotTaken
from leadflow.channels.port import Fault, Refused

Stage = Literal["connect", "login", "mail", "rcpt", "data"]
_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
_LONGEST = 200
_NO_SUCH_ADDRESS = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
# Of addresses and headers in other letters, where a mail server on the way takes none (RFC 6531).
_OF_LETTERS = frozenset({(6, 7), (6, 9)})
_OF_POLICY = re.compile(
    r"spam|block|black|deny|denied|listed|rbl\b|barracuda|reputation|polic|relay|not permitted"
    r"|unauthenticated|dmarc|\bspf\b|dkim|too many|rate",
    re.IGNORECASE,
)
# Of a mail that was handed over whole: only words that are about who sends, not about what it says.
_OF_SENDER = re.compile(
    r"(block|reject|refus)\w* (due to|by|for) (\w+ )?polic|\brbl\b|reputation"
    r"|unauthenticated|dmarc|\bspf\b|\bdkim\b",
    re.IGNORECASE,
)
_OF_ADDRESS = re.compile(
    r"no such (user|mailbox|recipient|address|person|account)"
    r"|(unknown|invalid|nonexistent|inactive|disabled) (user|mailbox|recipient|address|account)"
    r"|(user|mailbox|recipient|address|account)\b.{0,60}\b(unknown|not found|does ?n[o'’]t exist"
    r"|does not exist|not exist|no longer|inactive|disabled)",
    re.IGNORECASE,
)
_CREDENTIALS = frozenset({530, 534, 535, 538})
# Of a refusal for good that gives no reason, when it came tells most.
_BY_STAGE: dict[Stage, Fault] = {
    "connect": "policy",
    "login": "credentials",
    "mail": "policy",
    "rcpt": "unclear",
    "data": "content",
}


def refusal(stage: Stage, code: int, said: str) -> Refused:
    """A refusal, with whose fault it is; addresses are left out of what was said."""
    words = " ".join(_ADDRESS.sub("…", said).split())[:_LONGEST]
    return Refused(_fault(stage, code, said), code, words)


def unwritten(error: ValueError) -> Refused:
    """A mail that could not be made a message, or not one that whoever sends takes."""
    if isinstance(error, LettersNotTaken):
        return Refused("needs_smtputf8", None, str(error))
    of_receiver = isinstance(error, AddressInvalid) and error.of_receiver
    # Nobody has said that there is no such address.
    return Refused("unclear" if of_receiver else "content", None, str(error))


def _fault(stage: Stage, code: int, said: str) -> Fault:
    found = _ENHANCED.match(said)
    subject, detail = (int(found[2]), int(found[3])) if found else (None, None)
    if (subject, detail) == (2, 2):
        return "mailbox_full"
    if code < 500:
        return "transient"
    if code in _CREDENTIALS or (stage == "login"):
        return "credentials"
    if subject is None:
        return _by_words(stage, code, said)
    if subject == 7:
        return "policy"
    if (subject, detail) in _OF_LETTERS:
        return "needs_smtputf8"
    if subject == 6 or (subject, detail) in ((3, 4), (2, 3)):
        return "content"
    if (subject, detail) in _NO_SUCH_ADDRESS:
        return "recipient"
    if (subject, detail) in ((1, 7), (1, 8)):
        return "policy"
    return _by_words(stage, code, said)


def _by_words(stage: Stage, code: int, said: str) -> Fault:
    """A refusal without a number that tells why. Only one that says so is about the address: of one
    that is wrong, somebody would get no mail any more, ours by law included."""
    if code == 552 and stage == "rcpt":
        return "mailbox_full"
    of_us = _OF_SENDER if stage == "data" else _OF_POLICY
    if of_us.search(said):
        return "policy"
    return "recipient" if _OF_ADDRESS.search(said) else _BY_STAGE[stage]
