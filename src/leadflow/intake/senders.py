"""The sender of something that comes in, with the context of their request."""

from dataclasses import dataclass, field

from leadflow.accounts.actors import Actor
from leadflow.audit.context import Acting, acting


@dataclass(frozen=True)
class Sender:
    """A person or a program, and the request they send in: the context of the caller, taken along
    because many requests are worked on together, in a thread that has no context of its own."""

    actor: Actor
    request: Acting = field(default_factory=acting)
