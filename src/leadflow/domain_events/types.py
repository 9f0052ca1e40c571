"""The types of domain events: when each is written, and which facts it carries.

One more type is one more entry here, a row of docs/webhooks.md and of docs/rules.md, and in a
migration a trigger that writes it where its fact is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from leadflow.conditions.values import ValueKind

Level = Literal["hot", "warm", "cold", "unqualified"]
_NUMBER, _TEXT, _MOMENT = ValueKind.NUMBER, ValueKind.TEXT, ValueKind.MOMENT
# What a lead did, by the name of its type of event: lead.did.form_sent.
DID = "lead.did."
SILENT = "lead.silent"


class Nothing(BaseModel):
    """Nothing more than which lead."""


class Changed(BaseModel):
    """What of a lead changed: names of fields, no values."""

    changed: list[str]


class Scored(BaseModel):
    """A lead's new score."""

    score: float = Field(description="0 to 100; 50 is the average lead.")
    score_before: float | None = Field(description="Empty: the lead had none.")
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


class Touched(BaseModel):
    """The salesperson who has the lead got in touch for the first time."""

    assignment_id: str
    rep_id: str


class Tagged(BaseModel):
    """A tag was put on the lead."""

    tag: str


class Merged(BaseModel):
    """The lead stands for another one too."""

    merge_id: str
    merged_id: str = Field(description="The lead that this one stands for.")


class Ended(BaseModel):
    """How the lead ended; told again where what is known of that changes."""

    occurred_at: datetime
    value_minor: int | None = Field(description="In the smallest unit of the currency.")
    value_currency: str | None


class Enrolled(BaseModel):
    """The lead is in a campaign."""

    enrollment_id: str
    campaign: str
    key: str | None = Field(
        default=None, description="What the series is about: an order, a trial."
    )


class CampaignEnded(Enrolled):
    """The lead is not in a campaign any more."""

    ended_as: str = Field(
        description="The end of its way, or `goal`, the name of an exit, `opted_out`, `taken_out`, "
        "`merged`, `stopped`."
    )


class Decided(BaseModel):
    """What people decided."""

    approval_id: str
    kind: str
    subject_id: str
    decision: Literal["approved", "rejected"]
    decided_by: str
    decided_at: datetime


class Did(BaseModel):
    """Something the lead did, or a salesperson with it."""

    occurred_at: datetime
    source: str


class Silent(BaseModel):
    """Nothing was heard of the lead for a time."""

    since: datetime
    days: float


@dataclass(frozen=True)
class DomainEventType:
    """When an event is written, and what it carries."""

    when: str
    facts: type[BaseModel]


TYPES: dict[str, DomainEventType] = {
    "lead.created": DomainEventType("A lead is stored for the first time.", Nothing),
    "lead.updated": DomainEventType("Something of a lead is known anew.", Changed),
    "lead.deleted": DomainEventType("A lead is deleted: erased, or taken back.", Nothing),
    "lead.scored": DomainEventType(
        "A lead has another score: its first, or by half a point and more.", Scored
    ),
    "lead.level_changed": DomainEventType("Another level counts for a lead.", LevelChanged),
    "lead.assigned": DomainEventType("A lead is given to a salesperson.", Assigned),
    "lead.touched": DomainEventType(
        "Whoever has a lead got in touch with it for the first time.", Touched
    ),
    "lead.tagged": DomainEventType("A tag is put on a lead.", Tagged),
    "lead.merged": DomainEventType("A lead stands for another lead too.", Merged),
    "lead.converted": DomainEventType("A lead has converted.", Ended),
    "lead.lost": DomainEventType("A lead is lost.", Ended),
    "lead.enrolled": DomainEventType("A lead has come into a campaign.", Enrolled),
    "lead.campaign_ended": DomainEventType(
        "The way of a lead through a campaign has ended.", CampaignEnded
    ),
    "lead.reopened": DomainEventType("A lead that had ended is open again.", Nothing),
    "approval.decided": DomainEventType("People have approved or rejected something.", Decided),
}
# Of these there is one for each type of event, and they are for rules alone.
OF_RULES: dict[str, DomainEventType] = {
    SILENT: DomainEventType("Nothing was heard of a lead for as long as a rule says.", Silent),
    f"{DID}TYPE": DomainEventType("It did something, or a salesperson with it.", Did),
}


# The facts that conditions may go by, each one value, with its kind.
FACTS: dict[str, ValueKind] = {
    **dict.fromkeys(("score", "score_before", "probability", "value_minor", "days"), _NUMBER),
    **dict.fromkeys(("as_of", "due_at", "occurred_at", "decided_at", "since"), _MOMENT),
    **dict.fromkeys(
        (
            "level",
            "level_before",
            "because",
            "confidence",
            "regime",
            "model_version",
            "assignment_id",
            "rep_id",
            "strategy",
            "value_currency",
            "approval_id",
            "kind",
            "subject_id",
            "decision",
            "decided_by",
            "source",
            "tag",
            "campaign",
            "enrollment_id",
            "key",
            "ended_as",
            "merge_id",
            "merged_id",
        ),
        _TEXT,
    ),
}
