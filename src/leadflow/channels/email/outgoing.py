"""What every way of sending mail looks like: mails in, what came of each out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from leadflow.channels.email.message import Envelope
from leadflow.channels.email.rendering import Rendered
from leadflow.channels.port import Result


@dataclass(frozen=True)
class Outgoing:
    """One mail for one lead; ``at`` is the moment it bears."""

    envelope: Envelope
    mail: Rendered
    at: datetime

    @property
    def domain(self) -> str:
        """Where it is received."""
        return self.envelope.to.address.rpartition("@")[2].lower()

    @property
    def hash(self) -> str:
        """Alike for the very same mail, whenever it is written; in it stand links that are sealed,
        so that nobody can guess a mail and compare."""
        return sha256(repr((self.envelope, self.mail)).encode()).hexdigest()


class MailChannel(Protocol):
    """A way of sending mail. ``resend_within``: so long a mail of which nobody knows whether it was
    taken may be sent again under its key without arriving twice; None where it never may.
    ``name``: what it is called where people read, and another for each account or server."""

    name: str
    resend_within: timedelta | None

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        """Hand these over; what came of each stands at its place."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...
