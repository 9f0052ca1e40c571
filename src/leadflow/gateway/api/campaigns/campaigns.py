"""Campaigns over the API: which there are, what they do, who is in them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from leadflow.campaigns.counting.counts import NOBODY, counts
from leadflow.campaigns.enrolling.service import enrol_one
from leadflow.campaigns.listing import enrolments_in, enrolments_of_lead
from leadflow.campaigns.store import service
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.campaigns.schemas import (
    CampaignOut,
    CampaignWithWays,
    EnrollIn,
    EnrollmentOut,
)
from leadflow.gateway.api.campaigns.shown import shown
from leadflow.gateway.http.callers import Enrolls, ReadsCampaigns, ReadsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.leads.service import get_lead
from leadflow.paging.keyset import FIRST, page_of

router = APIRouter(tags=["campaigns"], route_class=Keyed)
CampaignId = Annotated[str, Path(max_length=63)]


@router.get("/campaigns", response_model=PageOut[CampaignOut], summary="Which campaigns are there?")
def read_campaigns(
    caller: ReadsCampaigns,
    paged: Paged,
    archived: Annotated[bool, Query(description="Those that were put away, too.")] = False,
) -> PageOut[CampaignOut]:
    """Campaigns by name, with how many leads are in each."""
    with unit_of_work() as session:
        known, counted = service.campaigns_now(session), counts(session)
    these = [one for one in known.values() if archived or one.state != service.ARCHIVED]
    page = page_of(these, lambda one: one.name, ("campaigns", archived), paged)
    return PageOut.of(page.of(lambda one: CampaignOut.of(one, counted.get(one.name, NOBODY))))


@router.get(
    "/campaigns/{campaign_id}", response_model=CampaignWithWays, summary="How goes a campaign?"
)
def read_campaign(campaign_id: CampaignId, caller: ReadsCampaigns) -> CampaignWithWays:
    """One campaign, with how many have taken each of its ways, and what came back of its messages,
    over all of its versions."""
    with unit_of_work() as session:
        return shown(session, campaign_id)


@router.get(
    "/campaigns/{campaign_id}/enrollments",
    response_model=PageOut[EnrollmentOut],
    summary="Who is in a campaign?",
)
def read_enrollments(
    campaign_id: CampaignId, caller: ReadsCampaigns, paged: Paged
) -> PageOut[EnrollmentOut]:
    """Who is and was in it, the newest first: ids of leads, no names."""
    with unit_of_work() as session:
        service.read_campaign(session, campaign_id)
        return PageOut.of(enrolments_in(session, campaign_id, paged).of(EnrollmentOut.of))


@router.get(
    "/leads/{lead_id}/enrollments",
    response_model=PageOut[EnrollmentOut],
    summary="What campaigns is a lead in?",
)
def read_enrollments_of_lead(
    lead_id: str, caller: ReadsLeads, paged: Paged
) -> PageOut[EnrollmentOut]:
    """What it is and was in, the newest first."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return PageOut.of(enrolments_of_lead(session, lead_id, paged).of(EnrollmentOut.of))


@router.post(
    "/leads/{lead_id}/enroll-campaign",
    response_model=EnrollmentOut,
    status_code=201,
    summary="Enroll a lead in a campaign",
)
def enroll_lead(lead_id: str, body: EnrollIn, caller: Enrolls) -> EnrollmentOut:
    """Let the lead come into the version that is live. Where that keeps it out to compare with, it
    is noted so: `ended_as` is `held_out`. 409 `not-enrolled` says why it does not come in: it is in
    it, has been in it too often or too short a time ago, or has said no."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        made = enrol_one(
            session,
            body.campaign_id,
            lead_id,
            caller.id,
            datetime.now(UTC),
            body.key,
            body.enrollment_data or None,
        )
        found = enrolments_of_lead(session, lead_id, FIRST).items
        return next(EnrollmentOut.of(one) for one in found if one.enrollment_id == made)
