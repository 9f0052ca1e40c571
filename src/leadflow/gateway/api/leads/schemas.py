"""Schemas of the gateway's answers about leads."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from leadflow.leads.tables import Lead
from leadflow.qualification.service import Status
from leadflow.scoring.tables import LeadScore, ScoreOverride

REPORTED = "As last reported; the score counts events since then too."
ENDED = (
    "converted or lost; empty while the lead is open. What the score says of an ended lead is past."
)
BRIEFLY = "Only its total and level for whoever may not read leads."


class LeadOut(BaseModel):
    """A lead as it is stored."""

    id: str
    source: str
    external_id: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    company_name: str | None
    company_size: int | None
    industry: str | None
    job_title: str | None
    location: str | None
    country: str | None = Field(
        description="ISO 3166; as it was said, or read out of the location."
    )
    budget: float | None = Field(description="In units of the currency.")
    currency: str | None
    timeline: str | None
    service_requirements: list[str] | None
    website_visits: int | None = Field(description=REPORTED)
    email_opens: int | None = Field(description=REPORTED)
    content_downloads: int | None = Field(description=REPORTED)
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, lead: Lead) -> Self:
        """From the stored row."""
        names = cls.model_fields.keys() - {"budget", "currency"}
        known = {name: getattr(lead, name) for name in names}
        budget = None if lead.budget_minor is None else lead.budget_minor / 100
        return cls(**known, budget=budget, currency=lead.budget_currency)


class Reason(BaseModel):
    """Why the score is what it is: one feature, in words, with its points."""

    text: str
    points: float
    feature: str


class OverrideOut(BaseModel):
    """A score set by a person, beside the model's of that moment."""

    id: str
    status: str = Field(description="active counts; waiting needs a manager's approval first.")
    new_score: float
    level: str = Field(description="The level that counts while the override is active.")
    model_score: float
    model_version: str
    reason: str
    override_by: str
    created_at: datetime
    expires_at: datetime
    approval_id: str | None

    @classmethod
    def of(cls, made: ScoreOverride) -> Self:
        """From the stored row."""
        told = {name: getattr(made, name) for name in cls.model_fields}
        return cls(**told | {"model_score": round(made.model_score, 1), "override_by": made.set_by})


class ScoreOut(BaseModel):
    """The model's score. 50 is the average lead; 10 points more are twice the odds."""

    total: float
    level: str
    override: OverrideOut | None = Field(
        description="A person's score; while there is one, it counts and not the model's."
    )
    probability: float = Field(description="Of converting within the horizon.")
    probability_interval: tuple[float, float] = Field(
        description="Low and high: of leads like this one a share between the two converts, "
        "9 times in 10. The probability lies inside it, never at an end."
    )
    confidence: str = Field(
        description="How sure the probability is, by the interval: high (its odds span a factor of "
        "2 at most), medium (4), low; or not enough history, where hardly any lead learned from is "
        "like this one, or nothing has been learned."
    )
    dimensions: dict[str, float | None] = Field(
        description="Five parts on the same scale; ai is empty where AI has not answered."
    )
    reasons: list[Reason]
    regime: str = Field(description="model, or rubric while too few outcomes are known.")
    model_version: str
    as_of: datetime
    ai: Status = Field(description="Whether AI was asked about this lead, and answered.")

    @classmethod
    def of(cls, score: LeadScore, override: ScoreOverride | None, ai: Status) -> Self:
        """From the stored row, the override in force, and whether AI has answered."""
        names = ("demographic", "behavioural", "engagement", "fit", "ai")
        return cls(
            total=round(score.total_score, 1),
            level=score.level,
            override=None if override is None else OverrideOut.of(override),
            probability=round(score.probability, 4),
            probability_interval=(
                round(score.probability_low, 4),
                round(score.probability_high, 4),
            ),
            confidence=score.confidence,
            dimensions={
                name: None if name == "ai" and ai != "answered" else round(getattr(score, name), 1)
                for name in names
            },
            reasons=[Reason.model_validate(reason) for reason in score.reasons],
            regime=score.regime,
            model_version=score.model_version,
            as_of=score.as_of,
            ai=ai,
        )


class StepUp(BaseModel):
    """Something a person can do, and the points it would add if it succeeds."""

    advice: str
    points: float
    feature: str


class ScoreExplained(ScoreOut):
    """A score with all of its points, and what would raise it."""

    contributions: dict[str, float] = Field(
        description="Points by feature; 50 and these add up to the score before it is clipped."
    )
    would_raise: list[StepUp]


class OwnerOut(BaseModel):
    """The salesperson who has the lead."""

    rep_id: str
    name: str
    since: datetime
    why: str
    due_at: datetime | None = Field(None, description="First touch due, by the rule.")


class ScoreBrief(BaseModel):
    """The score that counts, without its reasons, which tell what is known of the lead."""

    total: float
    level: str


class LeadBrief(BaseModel):
    """The answer to whoever may not read leads: nothing of what is known of this one."""

    lead_id: str
    score: ScoreBrief | None = Field(description="Empty where no model could be loaded.")


class LeadAnswer(BaseModel):
    """The stored lead, its score, and what happens next."""

    created: bool = Field(description="False where a lead with this e-mail was updated.")
    lead: LeadOut
    score: ScoreOut | None = Field(
        description="Empty where no model could be loaded; the lead is scored as soon as one can."
    )
    owner: OwnerOut | None = Field(description="Who has it; empty where nobody has, or not yet.")
    outcome: str | None = Field(description=ENDED)
    next_step: str


class LeadView(BaseModel):
    """A lead as it is stored, its score, and what happens next."""

    lead: LeadOut
    score: ScoreOut | None
    outcome: str | None = Field(description=ENDED)
    next_step: str


class EventsAnswer(BaseModel):
    """What became of the events, and the lead's score with them."""

    lead_id: str
    new: int = Field(description="Stored now.")
    known: int = Field(description="Known before by their source and external_id.")
    score: ScoreOut | ScoreBrief | None = Field(description=BRIEFLY)
    next_step: str


class OutcomeAnswer(BaseModel):
    """What was told, as it is stored; the next training learns from what holds."""

    lead_id: str
    outcome: str = Field(description="converted, lost, or reopened: the lead is open again.")
    occurred_at: datetime
    value: float | None
    currency: str | None
    created: bool = Field(description="False where this outcome was known.")
    stands: bool = Field(
        description="False where it is kept, and what was said of a later time counts instead."
    )
    next_step: str


class OverrideAnswer(BaseModel):
    """Both scores, and what happens next."""

    lead_id: str
    override: OverrideOut
    score: ScoreOut | ScoreBrief = Field(description=BRIEFLY)
    next_step: str


class LeadStatus(BaseModel):
    """Where a lead stands."""

    lead_id: str
    score: ScoreOut | None
    owner: OwnerOut | None
    outcome: str | None = Field(description=ENDED)
    next_step: str
