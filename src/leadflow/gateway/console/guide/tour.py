"""A tour in five steps on what there is, and the address that signs whoever takes it in, once."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.sign_in_links import LinkOver, enter, person_of_link
from leadflow.campaigns.tables import Enrolment
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.access.sessions import set_cookie
from leadflow.gateway.console.forms import SeeingAll, go_to
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.limits import PASSWORDS, limited
from leadflow.gateway.http.security import refuse_foreign_origin
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Wanted
from leadflow.search.quick import BEST_FIRST
from leadflow.search.service import page_of_ids
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH, LINK = "/console/tour", "/console/enter/{token}"


@dataclass(frozen=True)
class Step:
    """One thing to see: what it is, what to look for, and where."""

    title: str
    words: str
    address: str
    link: str


@router.get(LINK)
def ask(request: Request, token: str) -> Response:
    """Whom it signs in, and a button: what only looks at an address does not use it up."""
    try:
        with unit_of_work() as session:
            name = person_of_link(session, token, datetime.now(UTC)).name
    except LinkOver as error:
        return page(request, "enter.html", None, 403, token=token, name="", over=str(error))
    return page(request, "enter.html", None, token=token, name=name, over="")


@router.post(LINK)
@limited(PASSWORDS)
def sign_in(request: Request, token: str) -> Response:
    """Sign in, and begin the tour."""
    refuse_foreign_origin(request)
    now = datetime.now(UTC)
    try:
        with unit_of_work() as session:
            made = enter(session, token, now, get_settings().session_hours)
    except LinkOver as error:
        return page(request, "enter.html", None, 403, token=token, name="", over=str(error))
    answer = go_to(PATH)
    set_cookie(answer, made)
    return answer


@router.get(PATH)
def show(
    request: Request, caller: SeeingAll, step: Annotated[int, Query(ge=1, le=5)] = 1
) -> Response:
    """One step of it, for somebody who sees everything."""
    with unit_of_work() as session:
        steps = _steps(session)
    return page(request, "tour.html", caller, steps=steps, number=step, step=steps[step - 1])


def _steps(session: Session) -> list[Step]:
    return [
        _best_lead(session),
        Step(
            "People decide what matters",
            "A model that was learned does not serve by itself, a score that somebody sets far "
            "from the model's waits for a manager, and so do leads that change hands. All that "
            "waits is on one page, the most urgent first, with the evidence.",
            "/console/waiting",
            "See what waits, and for whom",
        ),
        Step(
            "Leads that are not ready are kept warm",
            "A campaign is a series of mails and pauses that a lead goes through until it is won "
            "or says no. Nothing leaves this installation: mails go to a mail server of its own, "
            "and you see each.",
            *_campaign(session),
        ),
        Step(
            "The model shows what it goes by",
            "Which model serves and who let it, how far its chances can be trusted, what matters "
            "most to it, and whether the leads have changed since. From the day after the first "
            "decisions on, people judge a sample of them without seeing what the machine said "
            "(Check, Quality review).",
            "/console/models",
            "Look at the model that serves",
        ),
        Step(
            "You know when something is stuck",
            "What waits, what failed and what nobody can be sure of is said first, and set going "
            "again from there; everything that anybody does is in a log that cannot be changed "
            "unseen.",
            "/console/system",
            "Look at the system",
        ),
    ]


def _campaign(session: Session) -> tuple[str, str]:
    """A page of campaigns and words for it: that of one in which leads are, else the list."""
    with_leads = select(Enrolment.campaign).order_by(Enrolment.id.desc()).limit(1)
    name = session.scalar(with_leads)
    if name is None:
        return "/console/campaigns", "Look at the campaigns"
    return f"/console/campaigns/{quote(name)}", "Look at a campaign and the leads in it"


def _best_lead(session: Session) -> Step:
    """The best lead there is, where there is one."""
    words = (
        "Every lead has a score with its reasons in words, the chance that it buys, and somebody "
        "who has it, with why it is they. "
    )
    # Along an index: whoever has an account with a million leads does not wait for it either.
    open_ones = replace(BEST_FIRST, status="open")
    found = page_of_ids(session, open_ones, Wanted(1), None, datetime.now(UTC)).items
    if not found:
        more = "There is no open lead with a score yet."
        return Step("The best lead, and why", words + more, "/console", "Go to the first page")
    company = session.get_one(Lead, found[0]).company_name
    more = f"The best open lead now is of {company}." if company else ""
    address = f"/console/leads/{found[0]}"
    return Step("The best lead, and why", words + more, address, "Look at this lead")
