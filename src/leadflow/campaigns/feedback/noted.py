"""What is new of a message, as the steps of noting hand it to each other."""

from dataclasses import dataclass

from leadflow.campaigns.feedback.told import Told


@dataclass(frozen=True)
class Message:
    """A message that is held: whose it is, what for, of which campaign, version and step."""

    id: str
    lead_id: str
    status: str
    purpose: str
    campaign: str
    version: int
    step: str


@dataclass(frozen=True)
class New:
    """Something that was not known of a message; ``first``: nothing of its kind was, either."""

    message: Message
    told: Told
    first: bool
