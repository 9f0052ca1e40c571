"""Campaigns and enrolments as the API shows them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from leadflow.campaigns.listing import ShownEnrolment
from leadflow.campaigns.store.service import StoredCampaign

Name = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class CampaignOut(BaseModel):
    """A campaign, and what it is doing."""

    campaign_id: str
    name: str
    type: str
    purpose: str
    state: str = Field(description="draft, live, paused or stopped")
    version: int
    live_version: int | None = Field(description="That leads come into; null: none yet.")
    in_it: int
    ended: int
    changed_at: datetime
    changed_by: str

    @classmethod
    def of(cls, stored: StoredCampaign, counted: tuple[int, int]) -> Self:
        """From what is stored, with how many are in it and how many have ended it."""
        campaign = stored.program.campaign
        return cls(
            campaign_id=stored.name,
            name=campaign.name,
            type=campaign.type,
            purpose=campaign.purpose,
            state=stored.state,
            version=stored.version,
            live_version=stored.live_version,
            in_it=counted[0],
            ended=counted[1],
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
