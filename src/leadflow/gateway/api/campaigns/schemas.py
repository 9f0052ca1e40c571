"""Campaigns and enrolments as the API shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from leadflow.campaigns.counting.counts import Numbers
from leadflow.campaigns.feedback.domains import ByDomain
from leadflow.campaigns.feedback.figures import BOUNCED, FIGURES
from leadflow.campaigns.feedback.told import CLASSES
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


class FiguresOut(BaseModel):
    """What came back of the messages of a step: of how many, over all versions."""

    step: str
    sent: int
    delivered: int = Field(description="As providers tell; mail servers tell nothing of it.")
    deferred: int
    bounced: dict[str, int] = Field(description="By class, such as `recipient`.")
    complained: int
    unsubscribed: int
    opened: int = Field(description="By people, as far as that can be told.")
    opened_by_machine: int
    clicked: int = Field(description="By people, as far as that can be told.")
    clicked_by_machine: int
    replied: int
    auto_replied: int

    @classmethod
    def of(cls, step: str, found: Mapping[str, int]) -> Self:
        """From what is kept of a step."""
        kept = {name: found.get(name, 0) for name in FIGURES if not name.startswith(BOUNCED)}
        bounced = {one: found.get(f"{BOUNCED}{one}", 0) for one in CLASSES}
        return cls(step=step, bounced=bounced, **kept)


class DomainOut(BaseModel):
    """What was opened and followed of the messages to addresses of a domain."""

    domain: str | None = Field(
        description="null: all domains together that fewer than five leads are at, or beyond the "
        "fifty of most leads."
    )
    leads: int = Field(description="Of how many leads messages were opened or followed.")
    opened: int
    opened_by_machine: int
    clicked: int
    clicked_by_machine: int
    by_machine: float = Field(description="The share that machines have of all these, 0 to 1.")

    @classmethod
    def of(cls, found: ByDomain) -> Self:
        """From what is kept of a domain."""
        return cls(**vars(found), by_machine=round(found.by_machine, 4))


class CampaignWithWays(CampaignOut):
    """A campaign with the numbers that have passed each of its ways, and what came back."""

    ways: list[WayOut]
    messages: list[FiguresOut] = Field(description="Of each step that has sent any.")
    domains: list[DomainOut] = Field(description="The domain of most leads first.")
    paused_itself: str | None = Field(
        description="Why it is paused, `complaints` or `bounces`, where nobody did it."
    )


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
