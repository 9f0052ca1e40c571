"""Schemas of consent and of suppressions."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadflow.consent.evidence import EVIDENCE, Basis, Channel, Purpose
from leadflow.consent.refusals import Refusal, SuppressionReason
from leadflow.consent.standing import ConsentStanding, Says
from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.exact import Flag
from leadflow.gateway.api.team.work_schemas import BY
from leadflow.leads.events.recording import HAPPENED, Past
from leadflow.leads.schemas import Address
from leadflow.scoring.overrides.schemas import Words

TOLD = {name: one.why for name, one in EVIDENCE.items() if one.told}
KIND = " ".join(f"`{name}`: {why}" for name, why in TOLD.items())


class Strict(BaseModel):
    """Fields that nobody knows are refused; what was typed is repeated nowhere."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ConsentIn(Strict):
    """A lead said yes or no to being written to."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"given": False, "evidence": "told_us"}]}
    )

    given: Flag = Field(description="Whether it agreed, or wants no more.")
    purpose: Purpose = "marketing"
    channel: Channel = "email"
    lawful_basis: Basis | None = Field(
        default=None, description="Of a yes, by which law it counts. Unset: consent."
    )
    evidence: Annotated[str, Field(max_length=100)] = Field(
        description=KIND, json_schema_extra={"enum": list(TOLD)}
    )
    reference: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="An id of what proves it: letters, digits and `. _ : / # -`."
    )
    happened_at: Past | None = Field(default=None, description=HAPPENED)
    by: Annotated[Words | None, Field(max_length=200)] = Field(default=None, description=BY)


class ConsentEventOut(BaseModel):
    """What a lead said once; nothing of it is ever changed."""

    id: int
    lead_id: str = Field(description="Of whom it was told: this lead, or one merged into it.")
    purpose: str
    channel: str
    given: bool
    lawful_basis: str | None
    source: str
    evidence: str
    strength: int = Field(description="Of the evidence, 1 to 3.")
    reference: str | None
    happened_at: datetime
    recorded_at: datetime
    recorded_by: str

    @classmethod
    def of(cls, event: ConsentEvent) -> Self:
        """From the stored row."""
        return cls(**{name: getattr(event, name) for name in cls.model_fields})


class PurposeOut(BaseModel):
    """What counts for one purpose now."""

    purpose: str
    says: Says
    since: datetime | None
    may_send: bool
    why_not: str | None = Field(description="In words.")

    @classmethod
    def of(cls, purpose: str, counts: ConsentStanding, refused: Refusal | None) -> Self:
        """From what the log says, and from all that is asked before a message."""
        return cls(
            purpose=purpose,
            says=counts.says,
            since=counts.since,
            may_send=refused is None,
            why_not=refused and refused.words,
        )


class SuppressionOut(BaseModel):
    """An address that nobody writes to; which it is, nobody can read."""

    id: str
    channel: str
    reason: str
    since: datetime
    suppressed_by: str

    @classmethod
    def of(cls, kept: Suppression) -> Self:
        """From the stored row."""
        return cls(**{name: getattr(kept, name) for name in cls.model_fields})


class ConsentOut(BaseModel):
    """Whether a lead may be written to, and why not."""

    lead_id: str
    purposes: list[PurposeOut]
    suppressions: list[SuppressionOut] = Field(description="Of its address.")


class SuppressionIn(Strict):
    """An address that nobody is to write to: by itself, or of a lead."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.com", "reason": "asked_by_person"}]}
    )

    email: Address | None = None
    lead_id: Annotated[str, Field(max_length=200)] | None = None
    reason: SuppressionReason

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.lead_id is None) == (self.email is None):
            raise ValueError("name the address by email or by lead_id, and not by both")
        return self


class ReleaseIn(Strict):
    """Why an address may be written to again."""

    reason: Annotated[Words, Field(max_length=1000)]
