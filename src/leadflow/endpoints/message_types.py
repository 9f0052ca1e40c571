"""What endpoints can be told: the types of messages, and what each carries.

One more type is one more entry here, a row of docs/webhooks.md, and in a migration a trigger that
writes it where its fact is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Level = Literal["hot", "warm", "cold", "unqualified"]


class Nothing(BaseModel):
    """Nothing more than which lead."""


class Changed(BaseModel):
    """What of a lead changed: names of fields, no values."""

    changed: list[str]


class Scored(BaseModel):
    """A lead's new score."""

    score: float = Field(description="0 to 100; 50 is the average lead.")
    probability: float
    level: Level = Field(description="Of this score; an override may count instead.")
    confidence: str
    regime: str = Field(description="What scored: rubric, blend or model.")
    model_version: str
    as_of: datetime


class LevelChanged(BaseModel):
    """The level that counts is another one."""

    level: Level | None
    level_before: Level | None = Field(description="Empty: the lead had none.")
    because: Literal["score", "override"]


class Assigned(BaseModel):
    """Somebody has the lead now."""

    assignment_id: str
    rep_id: str
    strategy: str
    level: Level | None
    due_at: datetime | None = Field(description="First touch due.")


class Ended(BaseModel):
    """How the lead ended; sent again where what is known of that changes."""

    occurred_at: datetime
    value_minor: int | None = Field(description="In the smallest unit of the currency.")
    value_currency: str | None


class Decided(BaseModel):
    """What people decided."""

    approval_id: str
    kind: str
    subject_id: str
    decision: Literal["approved", "rejected"]
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class MessageType:
    """When a message is written, and what ``data`` holds besides ``lead``."""

    when: str
    facts: type[BaseModel]


TYPES: dict[str, MessageType] = {
    "lead.created": MessageType("A lead is stored for the first time.", Nothing),
    "lead.updated": MessageType("Something of a lead is known anew.", Changed),
    "lead.deleted": MessageType("A lead is deleted: erased, or taken back.", Nothing),
    "lead.scored": MessageType("A lead is scored, or scored again.", Scored),
    "lead.level_changed": MessageType("Another level counts for a lead.", LevelChanged),
    "lead.assigned": MessageType("A lead is given to a salesperson.", Assigned),
    "lead.converted": MessageType("A lead has converted.", Ended),
    "lead.lost": MessageType("A lead is lost.", Ended),
    "lead.reopened": MessageType("A lead that had ended is open again.", Nothing),
    "approval.decided": MessageType("People have approved or rejected something.", Decided),
}
# Sent to one endpoint because somebody asks for it, whatever types it wants.
PING, CALLED = "endpoint.ping", "endpoint.called"
