"""A question about one lead and what came of it, as they travel between store and crew."""

from dataclasses import dataclass
from datetime import datetime

from leadflow.qualification.lead_record import Record
from leadflow.qualification.schemas import Qualification


@dataclass(frozen=True)
class Question:
    """What is asked about one lead: its record as read at ``asked_at``."""

    lead_id: str
    record: Record
    content_hash: str
    asked_at: datetime


@dataclass(frozen=True)
class Answer:
    """A qualification, or what kind of failure there was instead of one; and what it took."""

    qualification: Qualification | None
    error: str | None
    prompt: str
    prompt_version: str
    model: str
    tokens_in: int
    tokens_out: int
    from_cache: bool = False
