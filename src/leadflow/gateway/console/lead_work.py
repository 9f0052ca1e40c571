"""Working a lead on its page: taking it on, letting it go, getting in touch, passing it on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import requester
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.work.handover import AssignmentChanged, NotAssigned, RepFull, RepInactive
from leadflow.assignment.work.offers import NotOffered
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said, TouchKind, TouchResult
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.team.work import Action, act
from leadflow.gateway.console.forms import Reassigning, Working
from leadflow.gateway.console.lead import PATH, WAITS, address_of, lead_page
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.one_lead.views import within
from leadflow.gateway.http.stated_problems import STATED
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
SAID = {
    "accept": "Accepted.",
    "take": "It is yours now.",
    "touch": "Noted that you got in touch: the clock has stopped.",
    "decline": "Declined. The next sweep gives it to somebody else.",
    "return": "Given back. The next sweep gives it to somebody else.",
}
CANNOT = (NotAssigned, NotOffered, AssignmentChanged, RepNotFound, RepFull, RepInactive)


@router.post(PATH + "/work")
def work(
    request: Request,
    lead_id: str,
    caller: Working,
    action: Annotated[Action, Form()],
    has_it: Annotated[str, Form(max_length=100)],
    kind: Annotated[TouchKind, Form()] = "call",
    result: Annotated[Literal[TouchResult, ""], Form()] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Say what becomes of the lead; ``has_it`` is who had it when the page was shown."""
    if action in ("decline", "return") and not reason.strip():
        told = Notice("Say why you let it go.", at="work", typed={"let_go": reason})
        return lead_page(request, lead_id, caller, 422, told)

    def say(session: Session, now: datetime) -> str:
        said = Said(caller.id, now, has_it)
        act(session, caller, lead_id, action, said, reason.strip(), kind, result or None)
        return SAID[action]

    typed = {"let_go": reason, "kind": kind, "result": result}
    return _done(request, lead_id, caller, say, typed)


@router.post(PATH + "/reassign")
def give(
    request: Request,
    lead_id: str,
    caller: Reassigning,
    rep: Annotated[str, Form(max_length=100)],
    why: Annotated[str, Form(max_length=1000)] = "",
    has_it: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Give the lead to a salesperson, or ask for it where the policies say so."""
    typed = {"rep": rep, "why": why}
    if not why.strip():
        told = Notice("Say why somebody else should have it.", at="work", typed=typed)
        return lead_page(request, lead_id, caller, 422, told)

    def say(session: Session, now: datetime) -> str:
        by = requester(session, caller, None, now)
        said = Said(by.id, now, has_it or None)
        made = ask_or_reassign(session, get_settings(), lead_id, by, said, rep, why.strip())
        return "It is theirs now." if isinstance(made, Assignment) else WAITS

    return _done(request, lead_id, caller, say, typed)


def _done(
    request: Request,
    lead_id: str,
    caller: Actor,
    say: Callable[[Session, datetime], str],
    typed: dict[str, str],
) -> Response:
    """On to the page with what came of it; to the inbox where the lead is out of reach by now."""
    try:
        with unit_of_work() as session:
            words = say(session, datetime.now(UTC))
    except CANNOT as error:
        status, _, title = STATED[type(error)]
        told = Notice(f"{title}. {error}", at="work", typed=typed)
        return lead_page(request, lead_id, caller, status, told)
    with unit_of_work() as session:
        still = within(session, caller, "lead.read", lead_id)
    if not still:
        return told_on(request, "/console", Notice(words, True))
    return told_on(request, address_of(lead_id), Notice(words, True, "work"))
