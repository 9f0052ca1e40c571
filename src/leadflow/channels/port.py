"""What comes of a message, whichever way it is sent."""

from dataclasses import dataclass
from typing import Literal

# Whose fault it is, by which whoever sends decides what to do:
# recipient: the address does not exist; mailbox_full: later perhaps; policy: they will not have
# mail of ours (reputation, authentication); content: not this one; unclear: it is refused for good,
# and nobody knows whose fault that is; transient: the same again later;
# credentials: nothing goes out until somebody mends the settings; needs_smtputf8: the address has
# letters that the other side does not take, though it may well exist.
Fault = Literal[
    "recipient",
    "mailbox_full",
    "policy",
    "content",
    "unclear",
    "transient",
    "credentials",
    "needs_smtputf8",
]


@dataclass(frozen=True)
class Accepted:
    """The other side has it, and answers for it from here on; what it said is its own id for it,
    where it has one."""

    provider_id: str


@dataclass(frozen=True)
class Refused:
    """It was surely not taken. ``said`` are the other side's words, without addresses; ``code`` its
    number, None where nobody answered."""

    fault: Fault
    code: int | None
    said: str


@dataclass(frozen=True)
class Uncertain:
    """It may or may not have been taken: the connection broke before the answer. Sent again, it
    could arrive twice."""

    why: str


Result = Accepted | Refused | Uncertain
