"""Campaigns on the page of a lead: enrolling it, taking it out, noting an opt-out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.campaigns.enrolling.entries import NotEnrolled
from leadflow.campaigns.enrolling.service import enrol_one, is_held_out
from leadflow.campaigns.leaving import take_out
from leadflow.campaigns.store.service import CampaignNotSo, NoCampaign
from leadflow.consent.log import Told
from leadflow.consent.telling import tell
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import Enrolling, OnLead, TellingFacts, go_to
from leadflow.gateway.console.lead import PATH, address_of, lead_page
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.http.stated_problems import STATED
from leadflow.leads.service import get_lead

router = APIRouter(include_in_schema=False)
CANNOT = (NoCampaign, CampaignNotSo, NotEnrolled)
GONE = "The lead is not in it any more."
HELD_OUT = "Noted: the campaign keeps it out, to compare with, and it gets nothing of it."
OPTED_OUT = "Noted: they get no more {purpose} mail. It counts from now on, in every campaign."


@router.post(PATH + "/campaigns")
def enrol(
    request: Request,
    lead_id: str,
    caller: Enrolling,
    campaign: Annotated[str, Form(max_length=63)] = "",
    action: Annotated[Literal["enrol", "take_out"], Form()] = "enrol",
) -> Response:
    """Let the lead into a campaign, or take it out."""

    def change(session: Session, now: datetime) -> str:
        get_lead(session, lead_id)
        if action == "take_out":
            return "Taken out." if take_out(session, campaign, [lead_id], caller.id, now) else GONE
        made = enrol_one(session, campaign, lead_id, caller.id, now)
        if is_held_out(session, made):
            return HELD_OUT
        return "It is in the campaign now, and goes on within a minute."

    return _done(request, lead_id, caller, "campaigns", change)


@router.post(PATH + "/opt-out")
def opt_out(
    request: Request,
    lead_id: str,
    caller: TellingFacts,
    purpose: Annotated[Literal["marketing", "service"], Form()] = "marketing",
) -> Response:
    """Note that the person has told one of us that they want no more of it."""

    def note(session: Session, now: datetime) -> str:
        get_lead(session, lead_id)
        said = Told(lead_id, False, "told_us", now, caller.id, purpose)
        tell(session, [said], now)
        return OPTED_OUT.format(purpose=purpose)

    return _done(request, lead_id, caller, "consent", note)


@router.get(PATH + "/campaigns")
@router.get(PATH + "/opt-out")
def back(lead_id: str, caller: OnLead) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(address_of(lead_id))


def _done(
    request: Request,
    lead_id: str,
    caller: Actor,
    at: str,
    change: Callable[[Session, datetime], str],
) -> Response:
    try:
        with unit_of_work() as session:
            words = change(session, datetime.now(UTC))
    except CANNOT as error:
        status, _, title = STATED[type(error)]
        return lead_page(request, lead_id, caller, status, Notice(f"{title}. {error}", at=at))
    return told_on(request, address_of(lead_id), Notice(words, True, at))
