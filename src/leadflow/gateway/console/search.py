"""Finding a lead: by its id, its e-mail address, its name, or what its company is called; as one
types, or as a list."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import called
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.api.leads.lead_answers import score_brief
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.notices import Notice, notice_of, told_on
from leadflow.gateway.console.rendering import page
from leadflow.intake.standings import LeadStanding, standings
from leadflow.search.quick import ID, quickly_found
from leadflow.search.service import SearchTooSlow, in_time

router = APIRouter(include_in_schema=False)
MOST, A_FEW = 50, 8
ADDRESS = "/console/find"
QUICK = ADDRESS + "/quick"
LONGEST = 320


@router.get(ADDRESS)
def show(request: Request, caller: OnLead) -> Response:
    """The leads that fit what was searched for, the best first; else what can be searched for."""
    said = notice_of(request).more.get("said", "")
    found = _found(said, caller, MOST)
    return page(request, "found.html", caller, said=said, found=found, most=MOST)


@router.post(ADDRESS)
def find(
    request: Request, caller: OnLead, lead: Annotated[str, Form(max_length=LONGEST)] = ""
) -> Response:
    """To the lead itself where one is meant, else to those that fit. What is searched for may be
    personal, so it is no part of an address, which would be logged."""
    said = lead.strip()
    if said.startswith(ID) and said.isidentifier():
        return go_to(f"/console/leads/{said}")
    found = _found(said, caller, 2)
    if len(found) == 1:
        return go_to(f"/console/leads/{found[0]['id']}")
    return told_on(request, ADDRESS, Notice(more={"said": said}))


@router.get(QUICK)
def back(caller: OnLead) -> Response:
    """Whoever loads the answer of the field again gets the page that says what it finds."""
    return go_to(ADDRESS)


@router.post(QUICK)
def find_quickly(
    request: Request, caller: OnLead, lead: Annotated[str, Form(max_length=LONGEST)] = ""
) -> Response:
    """A few leads that fit what is typed so far, as a part of the page."""
    said = lead.strip()
    found = _found(said, caller, A_FEW)
    return page(request, "leads/quick.html", caller, said=said, found=found, most=A_FEW)


def _found(said: str, caller: Actor, most: int) -> list[dict[str, Any]]:
    """What is shown of the leads that fit; none where no index finds them in time."""
    if not said:
        return []
    now = datetime.now(UTC)
    try:
        with unit_of_work(use=Use.SEARCH) as session:
            with in_time():
                found = quickly_found(session, said, caller, now, most)
            return _shown(session, found, now)
    except SearchTooSlow:
        return []


def _shown(session: Session, lead_ids: list[str], now: datetime) -> list[dict[str, Any]]:
    known = standings(session, lead_ids, now)
    return [
        {"id": lead_id, "name": called(standing.lead), "rep": standing.owner} | stands(standing)
        for lead_id in lead_ids
        if (standing := known.get(lead_id)) is not None
    ]


def stands(standing: LeadStanding) -> dict[str, Any]:
    """The score that counts and its level, or how the lead ended."""
    counts = score_brief(standing)
    level = "not scored yet" if counts is None else counts.level
    return {"score": counts and counts.total, "state": standing.outcome or level}
