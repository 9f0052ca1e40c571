"""The messages of campaigns: a list of them, the whole story of one, and settling it."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_leads, names_of_people
from leadflow.campaigns.counting.counts import SENT
from leadflow.campaigns.dispatch import listing
from leadflow.campaigns.dispatch.listing import NothingToSettle, Settled, Which, page_of_messages
from leadflow.campaigns.looking.story import Story, story_of
from leadflow.campaigns.looking.waiting import why_it_waits
from leadflow.campaigns.places.placing import read
from leadflow.campaigns.store.service import campaigns_now, read_campaign
from leadflow.channels.email.chosen import channel_name
from leadflow.consent.evidence import EVIDENCE
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.campaigns.pages import mail_frame
from leadflow.gateway.console.campaigns.telling import hours_of, subject_of, told_in_order
from leadflow.gateway.console.forms import OnCampaigns, OnLead, SteeringCampaigns
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.one_lead.views import within
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.problem import Problem
from leadflow.integrations.notifications.mailbox import mail_named
from leadflow.paging.keyset import Wanted
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
LIST = "/console/messages"
PATH = LIST + "/{message_id}"
AT_A_TIME = 50
Filter = Annotated[str, Query(max_length=100)]


@router.get(LIST)
def show_all(
    request: Request,
    caller: OnCampaigns,
    campaign: Filter = "",
    state: Filter = "",
    step: Filter = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Messages, the newest first: of a campaign, in a state, of a step."""
    which = Which(campaign or None, step or None)
    with unit_of_work() as session:
        known = campaigns_now(session)
        found = page_of_messages(session, state or None, Wanted(AT_A_TIME, cursor), which)
        names = names_of_leads(session, caller, [one.lead_id for one in found.items])
    titles = {name: stored.program.campaign.name for name, stored in known.items()}
    sends = (
        [node.name for node in known[campaign].program.nodes if node.kind == "send"]
        if (campaign in known)
        else []
    )
    return page(
        request,
        "campaigns/messages.html",
        caller,
        found=found,
        names=names,
        titles=titles,
        alike={title for title, often in Counter(titles.values()).items() if often > 1},
        sends=sends,
        chosen={"campaign": campaign, "state": state, "step": step},
        phrases=phrases,
    )


@router.get(PATH)
def show(request: Request, message_id: str, caller: OnLead) -> Response:
    """Why this lead got this message, or did not."""
    return _page(request, message_id, caller)


@router.post(PATH)
def settle(
    request: Request,
    message_id: str,
    caller: SteeringCampaigns,
    became: Annotated[Settled, Form()],
) -> Response:
    """Say of an uncertain message whether it arrived."""
    try:
        with unit_of_work() as session:
            listing.settle(session, message_id, became, caller.id, datetime.now(UTC))
    except NothingToSettle as error:
        return _page(request, message_id, caller, 409, Notice(str(error), at="state"))
    arrived = "arrived" if became == "accepted" else "did not arrive"
    told = Notice(f"Noted: it {arrived}. It is not sent again.", True, "state")
    return told_on(request, f"{LIST}/{message_id}", told)


@router.get(PATH + "/mail")
def show_mail(message_id: str, caller: OnLead) -> Response:
    """The mail as it went out to the sandbox, for a frame of the page."""
    with unit_of_work() as session:
        _refuse_others(session, caller, story_of(session, message_id, datetime.now(UTC)))
    mail = mail_named(get_settings(), message_id)
    if mail is None or mail.html is None:
        raise HTTPException(404, "The local mail server does not have this mail.")
    return mail_frame(mail.html)


def _page(
    request: Request, message_id: str, caller: Actor, status: int = 200, told: Notice | None = None
) -> Response:
    with unit_of_work() as session:
        story = story_of(session, message_id, datetime.now(UTC))
        _refuse_others(session, caller, story)
        message, enrolment = story.message, story.enrolment
        campaign = read_campaign(session, message.campaign)
        people = names_of_people(session, [enrolment.enrolled_by, campaign.changed_by])
        values: dict[str, Any] = {
            "story": story,
            "message": message,
            "name": names_of_leads(session, caller, [message.lead_id]).get(message.lead_id),
            "subject": subject_of(story),
            "waits": why_it_waits(
                session, message, channel_name(get_settings()), datetime.now(UTC)
            ),
            "because": phrases.because(message.status, message.why),
            "lines": told_in_order(story, people),
            "zones": ", ".join(sorted({place.zone for place in read(enrolment.places)})),
            "hours": hours_of(story),
            "paused": campaign if campaign.state == "paused" else None,
            "paused_by": people.get(campaign.changed_by),
        }
    mail = mail_named(get_settings(), message_id) if message.status in SENT else None
    return page(
        request,
        "campaigns/message.html",
        caller,
        status,
        told,
        phrases=phrases,
        evidence=EVIDENCE,
        mail=mail,
        may_settle=caller.reach("campaign.write") is not None,
        **values,
    )


def _refuse_others(session: Session, caller: Actor, story: Story) -> None:
    """Of a lead out of reach nothing is told.

    Raises:
        Problem: 403, it is out of reach.
    """
    if not within(session, caller, "lead.read", story.message.lead_id):
        why = "Its lead is another's. What you reach is on your own pages."
        raise Problem(403, "not-yours", "This is somebody else's", why)
