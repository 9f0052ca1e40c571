"""The list of campaigns, and the page of one: how it goes, what it sends, what changed."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request, Response
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.approvals.tables import Approval
from leadflow.assignment.team.naming import names_of_leads, names_of_people
from leadflow.campaigns.counting.counts import NO_MESSAGES, NOBODY, counts, messages_of
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.step_words import plain_subject, what_it_does
from leadflow.campaigns.drawing import SKIPPED, counted, drawn
from leadflow.campaigns.feedback.domains import by_domain
from leadflow.campaigns.feedback.pausing import paused_itself
from leadflow.campaigns.launching import KIND
from leadflow.campaigns.listing import enrolments_in
from leadflow.campaigns.looking.overview import overviews
from leadflow.campaigns.looking.versions import versions_of
from leadflow.campaigns.sample_mails import sample_mails
from leadflow.campaigns.store import service
from leadflow.campaigns.store.service import StoredCampaign
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.forms import OnCampaigns
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.paging.keyset import Wanted
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
LIST = "/console/campaigns"
PATH = LIST + "/{name}"
NEWEST = 20
# A mail may bring its own styles and pictures; nothing in it runs, and nothing in it is followed.
OF_MAIL = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; sandbox; "
        "frame-ancestors 'self'; form-action 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
Whom = Literal["known", "unknown"]


@router.get(LIST)
def show_all(request: Request, caller: OnCampaigns) -> Response:
    """Every campaign and how it goes; where there are none, how to get one."""
    with unit_of_work() as session:
        found = overviews(session)
    return page(request, "campaigns/list.html", caller, campaigns=found, phrases=phrases)


@router.get(PATH)
def show(request: Request, name: str, caller: OnCampaigns) -> Response:
    """One campaign."""
    return campaign_page(request, name, caller)


@router.get(PATH + "/contents/{content}/{whom}")
def show_content(name: str, content: str, whom: Whom, caller: OnCampaigns) -> Response:
    """A mail as somebody made up would see it, for a frame of the page."""
    with unit_of_work() as session:
        program = service.read_campaign(session, name).program
    wanted = f"{name}.{content}.{whom}"
    mails = sample_mails(program)
    html = next((mail.html for called, mail, _ in mails if called == wanted), None)
    if html is None:
        raise HTTPException(404, f"The campaign has no content {content!r}.")
    return mail_frame(html)


def mail_frame(html: str) -> Response:
    """A mail by itself, which can do nothing."""
    return Response(html, 200, OF_MAIL, media_type="text/html")


def address_of(name: str) -> str:
    """Where the page of a campaign is."""
    return f"{LIST}/{name}"


def campaign_page(
    request: Request, name: str, caller: Actor, status: int = 200, told: Notice | None = None
) -> Response:
    """The page as it stands now, and what came of a form on it."""
    with unit_of_work() as session:
        stored = service.read_campaign(session, name)
        versions, passed = versions_of(session, name), service.passed(session, name)
        wrote = [one.created_by for one in versions]
        people = names_of_people(session, [stored.changed_by, *wrote])
        values: dict[str, Any] = {
            "stored": stored,
            "campaign": stored.program.campaign,
            "numbers": counts(session, name).get(name, NOBODY),
            "messages": messages_of(session, name).get(name, NO_MESSAGES),
            "domains": by_domain(session, name),
            "picture": _picture(stored, passed),
            "skipped": {step: count for (step, way), count in passed.items() if way == SKIPPED},
            "steps": steps_of(stored.program),
            "subjects": _subjects(stored.program),
            "versions": versions,
            "people": people,
            "enrolled": _newest(session, caller, name),
            "asked": _waiting(session, name),
            "paused": paused_itself(session, stored),
        }
    return page(
        request,
        "campaigns/campaign.html",
        caller,
        status,
        told,
        phrases=phrases,
        may_steer=caller.reach("campaign.write") is not None,
        sending=get_settings().sending,
        **values,
    )


def steps_of(program: Program) -> list[tuple[str, str, bool]]:
    """Each step: its name, what it does, and whether it sends something."""
    subjects = _subjects(program)
    return [
        (node.name, what_it_does(node.step, subjects), node.kind == "send")
        for node in program.nodes
    ]


def _subjects(program: Program) -> dict[str, str]:
    """Of each content by its name, in the order of the steps that send them."""
    contents = program.campaign.contents
    sent = [node.step.send for node in program.nodes if node.step.send in contents]
    order = dict.fromkeys([*(one for one in sent if one is not None), *contents])
    return {name: plain_subject(contents[name].subject) for name in order}


def _picture(stored: StoredCampaign, passed: Mapping[tuple[str, str], int]) -> Markup:
    """Drawn with how many went each way; names in it are escaped as it is drawn."""
    by_way = counted(stored.program, passed) if stored.live_version else None
    return Markup(drawn(stored.program, by_way))  # noqa: S704


def _newest(session: Session, caller: Actor, name: str) -> list[dict[str, Any]]:
    """Who came in last, with what they are called where the reader may see it."""
    found = enrolments_in(session, name, Wanted(NEWEST)).items
    names = names_of_leads(session, caller, [one.lead_id for one in found])
    by = names_of_people(session, [one.enrolled_by for one in found])
    return [
        {"enrolment": one, "name": names.get(one.lead_id), "by": by.get(one.enrolled_by)}
        for one in found
    ]


def _waiting(session: Session, name: str) -> Approval | None:
    """The question whether it may be launched, where one waits."""
    asked = select(Approval).where(
        Approval.kind == KIND, Approval.subject_id == name, Approval.status == "waiting"
    )
    return session.scalars(asked.order_by(Approval.requested_at.desc()).limit(1)).first()
