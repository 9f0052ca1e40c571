"""Comparisons over the API: assignment strategies, and people with the machine."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from leadflow.assignment.insight.override_report import assignment_override_report
from leadflow.assignment.insight.strategy_comparison import MOST_LEADS, compare_strategies
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.api.team.report_schemas import ConversionOut
from leadflow.gateway.http.callers import ReadsAnalytics
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.versions import Tagged
from leadflow.scoring.learning.challenger import horizon
from leadflow.scoring.overrides.report import override_report
from leadflow.settings import get_settings

router = APIRouter(prefix="/analytics", tags=["analytics"], route_class=Tagged)


class EstimateOut(BaseModel):
    """What a strategy would have made of the leads; gain against round robin."""

    strategy: str
    assigned: int
    conversions: float
    gain: float
    low: float = Field(description="The true gain lies between low and high 9 times in 10.")
    high: float


class ComparisonOut(BaseModel):
    """Strategies on the same past leads, the best first, and what may be said of it."""

    leads: int
    learned_from: int
    reps: int
    between: float = Field(description="How far salespeople differ, in log-odds; 0: not at all.")
    estimates: list[EstimateOut]
    verdict: str


class ScoreOverridesOut(BaseModel):
    """Scores that people set against the model's, on the same leads."""

    verdict: str
    judged: int
    converted: int
    open: int = Field(description="Overridden leads whose end is not known yet.")
    person_brier: float | None = Field(
        description="How far people's chances were from what happened, squared; lower is better."
    )
    model_brier: float | None
    person_auc: float | None = Field(
        description="How often a lead that converted stood above one that did not."
    )
    model_auc: float | None


class AssignmentOverridesOut(BaseModel):
    """Leads that people moved against those left with the machine's salesperson."""

    verdict: str
    moved: ConversionOut
    stayed: ConversionOut
    open: int = Field(description="Moved leads that have not had their time yet.")
    ratio: float | None = Field(
        description="How many times as many converted of the moved, each against expected."
    )
    low: float | None = Field(description="The true ratio lies between low and high 9 times in 10.")
    high: float | None


class OverridesOut(BaseModel):
    """Did people know better than the machine?"""

    scores: ScoreOverridesOut
    assignments: AssignmentOverridesOut


@router.get("/overrides", response_model=OverridesOut, summary="Did people know better?")
@limited(REPORTS)
def read_overrides(caller: ReadsAnalytics) -> OverridesOut:
    """Overrides of scores and of assignments, judged by what came of the leads."""
    now, time_given = datetime.now(UTC), horizon(get_settings())
    with unit_of_work(use=Use.BATCH) as session:
        scores = override_report(session, time_given, now)
        assignments = assignment_override_report(session, time_given, now)
    return OverridesOut.model_validate(
        {"scores": asdict(scores), "assignments": asdict(assignments)}
    )


@router.get(
    "/assignment/strategies",
    response_model=ComparisonOut,
    summary="Which strategy would have done better?",
)
@limited(REPORTS)
def read_comparison(
    caller: ReadsAnalytics, last: Annotated[int, Query(ge=50, le=MOST_LEADS)] = 2_000
) -> ComparisonOut:
    """Past leads handed out again by each strategy, with the uncertainty of every gain. 404 while
    there are too few past leads."""
    with unit_of_work(use=Use.BATCH) as session:
        made = compare_strategies(session, get_settings(), datetime.now(UTC), last)
        return ComparisonOut.model_validate(asdict(made))
