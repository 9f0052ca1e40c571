"""What a mail that came back says, or why that is not certain."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from leadflow.channels.email.bounce_classes import BounceClass
from leadflow.channels.email.returned.opting_out import OptsOut

Kind = Literal["delivered", "bounced", "deferred", "complained", "replied", "auto_replied"]


class NotCertain(ValueError):
    """It is not certain what a mail says, or of which message. The words name no address."""


class NothingOfOurs(NotCertain):
    """A mail that is about no message of ours, such as one that somebody wrote by themselves."""


@dataclass(frozen=True)
class Returned:
    """What a mail says of a message of ours, by its Message-ID: the key that this began with, and
    the domain that it ended with.

    Args:
        at: when that was; None: it does not say.
        to: the addresses that the message went to, where they are said.
        sender: of an answer, the address that it comes from.
        opts_out: of an answer, whether it wants no more mail.
        own_id: of an answer, the Message-ID that it has itself.
    """

    kind: Kind
    key: str
    domain: str
    at: datetime | None
    bounce_class: BounceClass | None = None
    to: frozenset[str] = field(default=frozenset(), repr=False)
    sender: str = field(default="", repr=False)
    opts_out: OptsOut = "no"
    own_id: str = field(default="", repr=False)
