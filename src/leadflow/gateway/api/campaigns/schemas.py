"""Campaigns and enrolments as the API shows them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from leadflow.campaigns.counting.counts import Numbers
from leadflow.campaigns.listing import ShownEnrolment
from leadflow.campaigns.store.service import StoredCampaign

Name = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class CampaignOut(BaseModel):
    """A campaign, and what it is doing."""

    campaign_id: str
    name: str
    type: str
    purpose: str
    state: str = Field(description="draft, live, paused, stopped or archived")
    version: int
    live_version: int | None = Field(description="That leads come into; null: none yet.")
    came_in: int = Field(description="All that ever did; held out leads are not among them.")
    in_it: int
    ended: int
    ended_as: dict[str, int] = Field(description="How many have ended it, by the name of the end.")
    held_out: int = Field(description="Leads that are kept out, to compare with.")
    changed_at: datetime
    changed_by: str

    @classmethod
    def of(cls, stored: StoredCampaign, counted: Numbers) -> Self:
        """From what is stored, with the numbers that are kept of it."""
        campaign = stored.program.campaign
        return cls(
            campaign_id=stored.name,
            name=campaign.name,
            type=campaign.type,
            purpose=campaign.purpose,
            state=stored.state,
            version=stored.version,
            live_version=stored.live_version,
            came_in=counted.came_in,
            in_it=counted.in_it,
            ended=counted.ended_in_all,
            ended_as=dict(counted.ended),
            held_out=counted.held_out,
            changed_at=stored.changed_at,
            changed_by=stored.changed_by,
        )


class WayOut(BaseModel):
    """A way of a campaign, and how many have taken it."""

    step: str = Field(description="`*`: from wherever they stand.")
    way: str
    to: str
    passed: int


class CampaignWithWays(CampaignOut):
    """A campaign with the numbers that have passed each of its ways."""

    ways: list[WayOut]


class EnrollIn(BaseModel):
    """Which campaign a lead is to come into, and what is said of it."""

    model_config = ConfigDict(extra="forbid")

    campaign_id: Name
    enrollment_data: dict[str, Any] = Field(
        default={}, max_length=50, description="Contents may name it: {{ enrollment.NAME }}."
    )
    key: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="What the series is about, such as an order or a trial."
    )


class EnrollmentOut(BaseModel):
    """A lead in a campaign."""

    enrollment_id: str
    campaign_id: str
    version: int
    lead_id: str
    key: str
    enrolled_by: str
    began_at: datetime
    step: str | None = Field(description="Where it stands; null: it has ended.")
    due_at: datetime | None = Field(description="When that step is over, as far as is known.")
    ended_at: datetime | None
    ended_as: str | None

    @classmethod
    def of(cls, shown: ShownEnrolment) -> Self:
        """From what is stored."""
        return cls(**vars(shown))
