"""What a mail server's refusal means: by its code, its enhanced code (RFC 3463), and its stage."""

import re
from typing import Literal

from leadflow.channels.email.message import AddressInvalid
from leadflow.channels.port import Fault, Refused

Stage = Literal["connect", "login", "mail", "rcpt", "data"]
_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
_LONGEST = 200
_CREDENTIALS = frozenset({530, 534, 535, 538})
# Of a refusal for good that gives no reason, when it came tells most.
_BY_STAGE: dict[Stage, Fault] = {
    "connect": "policy",
    "login": "credentials",
    "mail": "policy",
    "rcpt": "recipient",
    "data": "content",
}


def refusal(stage: Stage, code: int, said: str) -> Refused:
    """A refusal, with whose fault it is; addresses are left out of what was said."""
    words = " ".join(_ADDRESS.sub("…", said).split())[:_LONGEST]
    return Refused(_fault(stage, code, said), code, words)


def unwritten(error: ValueError) -> Refused:
    """A mail that could not be made a message."""
    of_receiver = isinstance(error, AddressInvalid) and error.of_receiver
    return Refused("recipient" if of_receiver else "content", None, str(error))


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
        return "mailbox_full" if code == 552 and stage == "rcpt" else _BY_STAGE[stage]
    if subject == 7:
        return "policy"
    if subject == 6 or (subject, detail) in ((3, 4), (2, 3)):
        return "content"
    if subject in (1, 2):
        return "policy" if (subject, detail) in ((1, 7), (1, 8)) else "recipient"
    return _BY_STAGE[stage]
