"""What is new of a message, as the steps of noting hand it to each other."""

from dataclasses import dataclass
from datetime import datetime

from leadflow.campaigns.feedback.told import Told


@dataclass(frozen=True)
class Message:
    """A message that is held: whose it is, what for, of which campaign, version and step; by which
    channel it went, when, and where to, by keyed hash, as far as that is known."""

    id: str
    lead_id: str
    status: str
    purpose: str
    campaign: str
    version: int
    step: str
    channel: str | None
    sent_at: datetime | None
    address_index: str | None


@dataclass(frozen=True)
class New:
    """Something that was not known of a message; ``first``: nothing of its kind was, either."""

    message: Message
    told: Told
    first: bool
