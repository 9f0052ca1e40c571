"""What may come back of a message, whichever way it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from leadflow.channels.email.bounce_classes import BounceClass

Kind = Literal[
    "delivered",
    "bounced",
    "deferred",
    "complained",
    "opened",
    "clicked",
    "unsubscribed",
    "replied",
    "auto_replied",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
CLASSES: tuple[BounceClass, ...] = get_args(BounceClass)
# Of all others a message has one, however often it is told; of opens and clicks one a minute.
# Who has said no may have agreed again since, and say no once more.
MANY: frozenset[Kind] = frozenset({"opened", "clicked", "deferred", "unsubscribed"})


@dataclass(frozen=True)
class Told:
    """Something that is told of a message, by its id or by what its provider calls it.

    Args:
        bounce_class: of a bounce, whose fault it is.
        machine: of an open or click, why it was no person; None: it was one.
        link: of a click, the number of the link.
        by_reply: of an opt-out, that it was said in an answer, and is in no log of consent yet.
        address_index: the keyed hash of the address that it went to, where that is told.
        answer: of an opt-out in an answer, which answer, by a hash: read again, it is the same one.
    """

    kind: Kind
    happened_at: datetime
    message_id: str | None = None
    provider_id: str | None = None
    bounce_class: BounceClass | None = None
    machine: str | None = None
    link: int | None = None
    address_index: str | None = None
    by_reply: bool = False
    answer: str | None = None
