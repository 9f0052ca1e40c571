"""Whose fault a bounce is, by which whoever sends decides what to do."""

from typing import Literal

# recipient: the address does not exist; mailbox_full and expired: later perhaps; policy: they will
# not have mail of ours (reputation, authentication); content: not this one.
BounceClass = Literal["recipient", "mailbox_full", "policy", "content", "expired"]
HARD: frozenset[BounceClass] = frozenset({"recipient"})
SOFT: frozenset[BounceClass] = frozenset({"mailbox_full", "expired"})
_BAD_ADDRESS = frozenset({1, 2, 3, 6, 10})
_BAD_MAILBOX = 1


def class_of_status(status: tuple[int, int, int]) -> BounceClass | None:
    """The class of a mail that was given up, by its enhanced status code (RFC 3463); None where
    that says too little to tell.

    The second number is what it is about. 1: the address; 2: the mailbox; 3: the system; 4: the
    way there; 5: how they talk; 6: the content; 7: policy.
    """
    lasting, subject, detail = status[0] == 5, status[1], status[2]
    if (subject, detail) == (2, 2):
        return "mailbox_full"
    if subject == 7 or (subject, detail) in ((1, 7), (1, 8)):
        return "policy"
    if subject == 6 or (subject, detail) in ((2, 3), (3, 4)):
        return "content"
    if subject == 4 or not lasting:
        return "expired"
    if subject == 1:
        return "recipient" if detail in _BAD_ADDRESS else None
    return "recipient" if (subject, detail) == (2, _BAD_MAILBOX) else None
