"""What analytics answer. Every figure is defined in ``docs/analytics.md``."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FROM_ROWS = ConfigDict(from_attributes=True)
Bucket = Literal["day", "week", "month"]


class VolumeOut(BaseModel):
    """Leads of one source that came in one day, week or month."""

    model_config = FROM_ROWS

    start: datetime = Field(description="When the day, week or month begins, in UTC.")
    source: str | None = Field(description="Empty: all but the 20 largest sources together.")
    leads: int


class SourceLeadsOut(BaseModel):
    """Leads of one source that came in the period, and where they stand now."""

    model_config = FROM_ROWS

    source: str
    leads: int
    scored: int
    assigned: int
    converted: int
    lost: int


class LevelOut(BaseModel):
    """Judged leads that were of one level."""

    model_config = FROM_ROWS

    level: str
    leads: int
    converted: int
    expected: float


class AccuracyOut(BaseModel):
    """How right scores were whose horizon ended in the period."""

    leads: int
    converted: int
    expected: float
    brier: float | None = Field(description="Lower is better; empty where nothing was judged.")
    auc: float | None = Field(description="Empty where all ended alike.")
    levels: list[LevelOut]


class StepOut(BaseModel):
    """How long one step took."""

    model_config = FROM_ROWS

    step: Literal["delivery", "score", "assign", "accept", "touch", "end"]
    count: int
    p50_seconds: float
    p95_seconds: float


class LeadsReport(BaseModel):
    """How leads came, were scored and went on."""

    since: datetime
    until: datetime
    came: int
    bucket: Bucket
    volume: list[VolumeOut]
    sources: list[SourceLeadsOut] = Field(description="The hundred largest, the largest first.")
    scoring: AccuracyOut
    steps: list[StepOut]


class CountOut(BaseModel):
    """How many there are of something."""

    name: str
    count: int


class CampaignDidOut(BaseModel):
    """What one campaign did."""

    campaign: str
    came_in: int
    held_out: int
    ends: list[CountOut]
    messages: list[CountOut] = Field(description="By their state now.")
    withheld: list[CountOut] = Field(description="By why.")


class CampaignsReport(BaseModel):
    """What campaigns did."""

    since: datetime
    until: datetime
    campaigns: list[CampaignDidOut]


class QueueOut(BaseModel):
    """Work that waits now."""

    queue: str
    waiting: int
    oldest_seconds: float


class LaneOut(BaseModel):
    """Acts of one lane of the outbox that were asked for in the period."""

    model_config = FROM_ROWS

    lane: str
    acts: int
    done: int
    failed: int
    uncertain: int
    waiting: int
    p50_seconds: float | None
    p95_seconds: float | None


class ErrorsOut(BaseModel):
    """Of so many that came to an end in the period, so many failed."""

    what: Literal["acts", "deliveries", "messages", "scores", "exports"]
    total: int
    failed: int
    share: float | None


class LoopsOut(BaseModel):
    """One loop of the background processes, now."""

    model_config = FROM_ROWS

    loop: str
    processes: int
    failures: int
    silent_seconds: float


class SystemReport(BaseModel):
    """How Leadflow itself does."""

    since: datetime
    until: datetime
    queues: list[QueueOut]
    lanes: list[LaneOut]
    errors: list[ErrorsOut]
    loops: list[LoopsOut]


class SteppedIn(BaseModel):
    """How often people did otherwise than the machine, in one way."""

    kind: str
    times: int
    of: int
    share: float | None
