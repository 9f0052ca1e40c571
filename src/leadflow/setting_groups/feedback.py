"""Settings of what comes back of messages of campaigns."""

from typing import Literal

from pydantic import BaseModel, Field


class FeedbackSettings(BaseModel):
    """The part of the settings that is about bounces, complaints, opens and clicks."""

    tracking: Literal["off", "clicks", "all"] = Field(
        default="off",
        description="What is heard of marketing mails that people read: nothing, clicks, or opens "
        "too. In the European Union that takes their consent.",
    )
    complaints_bound: float = Field(
        default=0.001,
        gt=0,
        le=1,
        description="A campaign pauses itself at this share of complaints, and at least three.",
    )
    bounces_bound: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="A campaign pauses itself at this share of bounces, of at least 100 sent.",
    )
    campaigns_kept_days: int = Field(
        default=400,
        ge=60,
        le=20_000,
        description="Days (60 at least) that messages of campaigns, what came back of them, and "
        "enrolments that ended are kept, messages by whole months; what is open stays, and so do "
        "counts.",
    )
    message_events_kept_months: int = Field(
        default=25,
        ge=2,
        le=600,
        description="Whole months that bounces, opens and clicks are kept, each by itself; counts "
        "stay.",
    )
