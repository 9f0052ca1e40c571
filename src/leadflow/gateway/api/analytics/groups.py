"""Analytics over the API: leads, assignment, campaigns, Leadflow itself, quality; each of a
period."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.analytics.campaigns import campaigns_report
from leadflow.analytics.interventions import stepped_in
from leadflow.analytics.leads import leads_report
from leadflow.analytics.period import Period, read_period
from leadflow.analytics.schemas import CampaignsReport, LeadsReport, SteppedIn, SystemReport
from leadflow.analytics.system import system_report
from leadflow.assignment.insight.performance_report import performance_report
from leadflow.database.engine import Use, unit_of_work
from leadflow.exact import Moment
from leadflow.gateway.api.operating import health
from leadflow.gateway.api.team.report_schemas import ReportOut
from leadflow.gateway.http.callers import ReadsAnalytics
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.gateway.http.versions import Tagged
from leadflow.quality.report import quality_report
from leadflow.quality.schemas import QualityReport
from leadflow.scoring.learning.challenger import horizon
from leadflow.settings import get_settings

router = APIRouter(prefix="/analytics", tags=["analytics"], route_class=Tagged)


def _period(
    since: Annotated[
        Moment | None, Query(alias="from", description="Unset: 30 days before its end.")
    ] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Unset: now.")] = None,
) -> Period:
    return read_period(since, until, datetime.now(UTC))


OfPeriod = Annotated[Period, Depends(_period)]
OfTeam = Annotated[str | None, Query(max_length=200, description="Only salespeople of this team.")]


class ComponentOut(BaseModel):
    """One part that Leadflow depends on."""

    component: str
    status: health.State
    detail: str


class SystemOut(SystemReport):
    """How Leadflow itself does."""

    components: list[ComponentOut] = Field(description="As they are now.")


class QualityOut(QualityReport):
    """How right the machine is, and how often people did otherwise."""

    stepped_in: list[SteppedIn]


class AnalyticsOut(BaseModel):
    """All groups, of one period."""

    since: datetime
    until: datetime
    leads: LeadsReport
    assignment: ReportOut
    campaigns: CampaignsReport
    system: SystemOut
    quality: QualityOut


@router.get("", response_model=AnalyticsOut, summary="All figures of a period")
@limited(REPORTS)
def read_all(caller: ReadsAnalytics, request: Request, period: OfPeriod) -> AnalyticsOut:
    """Leads, assignment, campaigns, Leadflow itself and quality, of one period (the last 30 days; a
    year at most). What each figure means is in `docs/analytics.md`."""
    parts = health.look(request).parts
    with unit_of_work(use=Use.BATCH) as session:
        return AnalyticsOut(
            since=period.since,
            until=period.until,
            leads=_leads(session, period),
            assignment=_assignment(session, period, None),
            campaigns=campaigns_report(session, period),
            system=_system(session, period, parts),
            quality=_quality(session, period),
        )


@router.get("/leads", response_model=LeadsReport, summary="How do leads come and go on?")
@limited(REPORTS)
def read_leads(caller: ReadsAnalytics, period: OfPeriod) -> LeadsReport:
    """How many came from where, how right their scores were once their time had passed, and how
    long each step took."""
    with unit_of_work(use=Use.BATCH) as session:
        return _leads(session, period)


@router.get("/assignment", response_model=ReportOut, summary="How do salespeople do?")
@limited(REPORTS)
def read_assignment_report(
    caller: ReadsAnalytics, period: OfPeriod, team: OfTeam = None
) -> ReportOut:
    """Response, acceptance, conversion against the score, load and fairness, by salesperson and by
    strategy, of leads handed out in the period."""
    with unit_of_work(use=Use.BATCH) as session:
        return _assignment(session, period, team)


@router.get("/campaigns", response_model=CampaignsReport, summary="What do campaigns do?")
@limited(REPORTS)
def read_campaign_figures(caller: ReadsAnalytics, period: OfPeriod) -> CampaignsReport:
    """By campaign: how many came in, how their way ended, and what became of the messages that were
    due in the period."""
    with unit_of_work(use=Use.BATCH) as session:
        return campaigns_report(session, period)


@router.get("/system", response_model=SystemOut, summary="How does Leadflow do?")
@limited(REPORTS)
def read_system(caller: ReadsAnalytics, request: Request, period: OfPeriod) -> SystemOut:
    """What waits and for how long, acts by lane, what failed, and how its parts are."""
    parts = health.look(request).parts
    with unit_of_work(use=Use.BATCH) as session:
        return _system(session, period, parts)


@router.get("/quality", response_model=QualityOut, summary="How right is the machine?")
@limited(REPORTS)
def read_quality(caller: ReadsAnalytics, period: OfPeriod) -> QualityOut:
    """By kind of decision: how often people agree with it, with intervals, and what came of it;
    and how often people stepped in. Decisions are counted by whole days (UTC)."""
    with unit_of_work(use=Use.BATCH) as session:
        return _quality(session, period)


def _leads(session: Session, period: Period) -> LeadsReport:
    return leads_report(session, period, horizon(get_settings()), datetime.now(UTC))


def _assignment(session: Session, period: Period, team: str | None) -> ReportOut:
    now = datetime.now(UTC)
    made = performance_report(session, get_settings(), period.since, period.until, now, team)
    return ReportOut.model_validate(asdict(made))


def _system(session: Session, period: Period, parts: dict[str, health.Part]) -> SystemOut:
    told = system_report(session, period, datetime.now(UTC))
    return SystemOut(
        **dict(told),
        components=[
            ComponentOut(component=name, status=part.status, detail=part.detail)
            for name, part in parts.items()
        ],
    )


def _quality(session: Session, period: Period) -> QualityOut:
    # The last day is that of the last moment within.
    last = (period.until - timedelta(microseconds=1)).date()
    now = datetime.now(UTC)
    told = quality_report(session, period.since.date(), last, get_settings(), now)
    return QualityOut(**dict(told), stepped_in=stepped_in(session, period))
