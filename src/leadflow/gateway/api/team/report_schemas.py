"""Schemas of the report of salespeople and strategies."""

from datetime import datetime

from pydantic import BaseModel, Field


class ConversionOut(BaseModel):
    """Converted against what the score expected, of leads that have had their time."""

    leads: int
    converted: int
    expected: float
    ratio: float | None = Field(description="1: as the score expected.")
    low: float | None = Field(description="The true ratio lies between low and high 9 times in 10.")
    high: float | None


class RecordOut(BaseModel):
    """What came of assignments."""

    assigned: int
    accepted_share: float | None
    declined: int
    response_minutes: tuple[float, float] | None = Field(
        description="Working minutes to the first touch: median, 90th percentile."
    )
    in_time_share: float | None = Field(description="Touched before it was due.")
    conversion: ConversionOut


class RepRecordOut(BaseModel):
    """A salesperson's record and load; without a limit where it is empty."""

    rep_id: str
    name: str
    team: str | None
    active: bool
    load: int
    limit: int | None
    record: RecordOut


class FairnessOut(BaseModel):
    """How evenly leads went to active salespeople; Gini 0 is quite evenly."""

    salespeople: int
    gini: float | None
    gini_by_capacity: float | None
    most_minus_least: float


class ReportOut(BaseModel):
    """The report of the leads handed out in a period."""

    since: datetime
    until: datetime
    reps: list[RepRecordOut]
    strategies: dict[str, RecordOut]
    fairness: FairnessOut
