"""Schemas of reviews: an item as it is judged blind, what is revealed after, the report."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from leadflow.quality.review_kinds import ReviewVerdict, Severity
from leadflow.quality.tables import QualityAction, QualityFlag, QualityItem, QualityReview

Words = Annotated[
    str,
    # PostgreSQL stores no NUL.
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]+$"),
]


class JudgementIn(BaseModel):
    """What a reviewer makes of an item."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"judgement": {"level": "warm"}, "comment": "No budget, but a deadline"}]
        },
    )

    judgement: dict[str, Any] = Field(
        description="Of a score {level}; of an assignment {right: [ids], pool: right or wrong}."
    )
    comment: Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")] = ""


class SettleIn(BaseModel):
    """How a third person settles what two reviewers saw differently."""

    model_config = ConfigDict(extra="forbid")

    verdict: ReviewVerdict = Field(description="agree: the machine was right.")


class ActionIn(BaseModel):
    """What somebody is to do about it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    decision_kind: str
    what: Words
    owner: Annotated[Words, Field(max_length=200)]
    due_at: AwareDatetime
    item_id: str | None = Field(default=None, description="The item that showed it, if one did.")


class FlagIn(BaseModel):
    """Why no model may learn from a lead."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    why: Annotated[Words, Field(max_length=200)] = Field(
        examples=["bad data", "wrong outcome"], description="Nothing that says who the lead is."
    )
    item_id: str | None = None


class SampleOut(BaseModel):
    """One day's draw of one kind of decision."""

    id: str
    day: date
    decision_kind: str
    population: int
    size: int
    new: bool = Field(description="False where the day had been drawn before.")


class ItemOut(BaseModel):
    """An item to be judged: nothing in it comes from what the machine decided about it, and
    nothing says who the lead is."""

    id: str
    decision_kind: str
    decided_at: datetime
    shown: dict[str, Any]
    due_at: datetime
    overdue: bool

    @classmethod
    def of(cls, item: QualityItem, now: datetime) -> Self:
        """The blind side of an item."""
        return cls(
            id=item.id,
            decision_kind=item.decision_kind,
            decided_at=item.decided_at,
            shown=item.shown,
            due_at=item.due_at,
            overdue=item.due_at < now,
        )


class ReviewOut(BaseModel):
    """What one person judged."""

    reviewer: str
    judgement: dict[str, Any]
    verdict: ReviewVerdict
    severity: Severity
    comment: str
    judged_at: datetime

    @classmethod
    def of(cls, review: QualityReview) -> Self:
        """From the stored row."""
        return cls.model_validate({name: getattr(review, name) for name in cls.model_fields})


class RevealedOut(BaseModel):
    """An item after it was judged: what the machine had decided, and how that compares."""

    id: str
    lead_id: str
    decision_kind: str
    status: Literal["waiting", "reviewed", "disputed", "settled"]
    answer: dict[str, Any] = Field(description="What the machine had decided, and why.")
    verdict: ReviewVerdict
    severity: Severity
    next_step: str


class DisputeOut(ItemOut):
    """An item that two people saw differently, with all there is for a third to settle it."""

    lead_id: str
    answer: dict[str, Any]
    reviews: list[ReviewOut]


class ActionOut(BaseModel):
    """A corrective action."""

    id: str
    decision_kind: str
    item_id: str | None
    what: str
    owner: str
    due_at: datetime
    status: Literal["open", "done", "dropped"]
    opened_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, action: QualityAction) -> Self:
        """From the stored row."""
        return cls.model_validate({name: getattr(action, name) for name in cls.model_fields})


class FlagOut(BaseModel):
    """A lead that no model learns from."""

    id: str
    lead_id: str
    why: str
    flagged_by: str
    flagged_at: datetime
    lifted_at: datetime | None

    @classmethod
    def of(cls, flag: QualityFlag) -> Self:
        """From the stored row."""
        return cls.model_validate({name: getattr(flag, name) for name in cls.model_fields})


class ShareOut(BaseModel):
    """A share of all decisions, estimated from those that were judged."""

    model_config = ConfigDict(from_attributes=True)

    value: float = Field(description="Weighted by how likely each item was drawn (Hájek).")
    low: float = Field(
        description="The true share lies between low and high 9 times in 10 (Wilson's interval on "
        "the effective sample size)."
    )
    high: float
    items: int = Field(description="Items looked at.")
    effective: float = Field(description="Items drawn all alike that would tell as much.")


class StratumOut(BaseModel):
    """A part of the decisions, by how sure the machine was and how much was at stake."""

    stratum: str
    population: int
    drawn: int
    judged: int
    agreed: ShareOut | None


class KappaOut(BaseModel):
    """How far two reviewers agree with each other beyond chance."""

    model_config = ConfigDict(from_attributes=True)

    pairs: int
    agreed: float
    kappa: float | None = Field(
        description="Cohen's. 1: always; 0: as by chance; empty: all said one and the same."
    )
    error: float | None
    low: float | None = Field(description="The true kappa lies between low and high 9 in 10.")
    high: float | None


class SampledConversionOut(BaseModel):
    """What came of the leads that somebody put into one category."""

    category: str
    leads: int
    converted: int
    share: ShareOut


class OutcomesOut(BaseModel):
    """What came of the judged leads since, by what reviewers said and by what the machine said."""

    judged: int = Field(description="Whose end is known, or whose time has passed.")
    open: int = Field(description="Whose end is not known yet.")
    by_reviewer: list[SampledConversionOut]
    by_machine: list[SampledConversionOut] = Field(
        description="Empty where reviewers only agree or not."
    )


class KindReportOut(BaseModel):
    """One kind of decision."""

    decision_kind: str
    finding: str = Field(description="The answer in a sentence.")
    population: int
    drawn: int
    judged: int
    waiting: int
    overdue: int
    disputed: int
    agreed: ShareOut | None
    strata: list[StratumOut]
    kappa: KappaOut | None
    severities: dict[Severity, int] = Field(description="Of items judged, by how far they differ.")
    outcomes: OutcomesOut
    actions: list[ActionOut] = Field(description="Open corrective actions, the most urgent first.")


class FlagsOut(BaseModel):
    """Leads that training leaves out."""

    leads: int
    by_reason: dict[str, int]


class QualityReport(BaseModel):
    """How good automated decisions are, by the judgement of people and by what came of them."""

    since: date
    until: date
    kinds: list[KindReportOut]
    flags: FlagsOut
