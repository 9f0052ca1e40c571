"""What is asked of the list of leads, and what of each is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from leadflow.exact import Moment, Whole
from leadflow.leads.schemas import ProfileField
from leadflow.paging import cursors

USUAL, MOST = 50, 500
Sort = Literal[
    "-created_at",
    "created_at",
    "-score",
    "score",
    "-budget",
    "budget",
    "-company_size",
    "company_size",
]
Status = Literal["open", "converted", "lost"]
Level = Literal["hot", "warm", "cold", "unqualified"]
NOBODY = "nobody"
Cursor = Annotated[
    str | None,
    Field(max_length=cursors.LONGEST, description="`next` of the page before; else the first."),
]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
WHERE: dict[str, Any] = {"industry": {"operator": "in", "value": ["retail", "finance"]}}


class OwnerListed(BaseModel):
    """The salesperson who has a lead."""

    rep_id: str
    name: str
    since: datetime
    due_at: datetime | None


class LeadListed(BaseModel):
    """A lead in a list: those of its fields that were asked for."""

    id: str
    source: str = ""
    external_id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    company_name: str | None = None
    company_size: int | None = None
    industry: str | None = None
    job_title: str | None = None
    location: str | None = None
    country: str | None = None
    budget: float | None = Field(None, description="In units of the currency.")
    currency: str | None = None
    timeline: str | None = None
    service_requirements: list[str] | None = None
    attributes: dict[str, Any] = {}
    created_at: datetime | None = None
    updated_at: datetime | None = None
    status: Status = Field("open", description="open, converted or lost.")
    score: float | None = Field(None, description="The one that counts; empty: not scored yet.")
    level: str | None = None
    probability: float | None = Field(None, description="The model's, of converting.")
    scored_at: datetime | None = Field(None, description="As of when the model has scored it.")
    owner: OwnerListed | None = Field(None, description="Empty where nobody has it.")


FieldName = Literal[
    "id",
    "source",
    "external_id",
    ProfileField,
    "attributes",
    "created_at",
    "updated_at",
    "status",
    "score",
    "level",
    "probability",
    "scored_at",
    "owner",
]


class LeadFilters(BaseModel):
    """The common cases; all that are given must hold."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    status: Status | None = Field(None, description="How it ended; open: it has not.")
    level: list[Level] | None = Field(None, min_length=1, description="Any of these.")
    source: list[Short] | None = Field(
        None, min_length=1, max_length=100, description="Where it came from: any of these."
    )
    owner: Short | None = Field(
        None, description=f"A salesperson, by our id or yours; {NOBODY}: who has none."
    )
    created_since: Moment | None = None
    created_until: Moment | None = Field(None, description="Before this moment.")
    scored_since: Moment | None = Field(None, description="Scored as of this moment or later.")
    sort: Sort = Field(
        "-created_at",
        description="With - the greatest first. Leads without the value come last, both ways; "
        "those of one value are in the order of their ids.",
    )
    fields: list[FieldName] | None = Field(
        None, min_length=1, description="What is answered of each lead, besides its id; else all."
    )


class LeadList(LeadFilters):
    """The common cases as an address says them."""

    limit: int = Field(USUAL, ge=1, le=MOST)
    cursor: Cursor = None

    @field_validator("level", "fields", mode="before")
    @classmethod
    def _one_by_one(cls, said: Any) -> Any:
        """Several may stand in one, with commas between them."""
        return [one for part in said for one in part.split(",")] if isinstance(said, list) else said


class LeadQuestion(LeadFilters):
    """The same with conditions, and with parts of names, which no address should hold."""

    where: dict[str, Any] | None = Field(
        None, description="Conditions as rules have them (docs/rules.md), with all, any and none."
    )
    name: Short | None = Field(
        None, description="How words of the person's name begin, from three letters on."
    )
    company: Short | None = Field(
        None, description="Parts of the company's name, one of them of three letters at least."
    )


class LeadSearch(LeadQuestion):
    """A page of what a question finds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"where": WHERE, "name": "mull"}]})

    limit: Whole = Field(USUAL, ge=1, le=MOST)
    cursor: Cursor = None
