"""Moving a lead on the board: what that means is said, what is missing is asked, and it is done as
where a lead is worked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import requester
from leadflow.accounts.refusing import not_in_reach, who_may
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.naming import called, reps_by_name
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.work.handover import (
    AssignmentChanged,
    NotAssigned,
    RepFull,
    RepInactive,
    current_assignment,
)
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said, TouchKind
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.team.work import Action, act
from leadflow.gateway.console.forms import OnLead
from leadflow.gateway.console.lead import WAITS
from leadflow.gateway.console.leads.board import LONGEST, board_of
from leadflow.gateway.console.leads.moves import (
    COLUMNS,
    DONE,
    PERMISSIONS,
    WHAT,
    Does,
    Refused,
    move,
)
from leadflow.gateway.console.leads.pages import in_plain_words
from leadflow.gateway.console.leads.state import BOARD, LIST
from leadflow.gateway.console.notices import ANCHOR, NOTHING, Notice, told_on
from leadflow.gateway.console.one_lead.views import within
from leadflow.gateway.console.rendering import page
from leadflow.intake.outcomes import OutcomeTold
from leadflow.intake.senders import Sender
from leadflow.intake.standings import standing_of
from leadflow.leads.outcomes.telling import outcome_from_words
from leadflow.search.stages import Stage, stage_of
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = LIST + "/{lead_id}/move/{to}"
CANNOT = (NotAssigned, AssignmentChanged, RepNotFound, RepFull, RepInactive)
# These say why, in the words of whoever does them.
WITH_REASON = ("give", "decline", "return")


@dataclass(frozen=True)
class Moving:
    """A lead, where it is, and what moving it is; ``has_it``: who has it now; ``q``: the board that
    it is on, as an address says it."""

    lead_id: str
    name: str
    at: Stage
    does: Does | Refused
    has_it: str
    q: str = ""


class MoveForm(BaseModel):
    """``has_it``: who had the lead as the page was shown; ``at``: where it was."""

    at: str = ""
    has_it: Annotated[str, Field(max_length=100)] = ""
    kind: TouchKind = "call"
    why: Annotated[str, Field(max_length=1000)] = ""
    rep: Annotated[str, Field(max_length=100)] = ""
    q: Annotated[str, Field(max_length=LONGEST)] = ""


class Missing(ValueError):
    """Something is not said; the message says what."""


@router.get(PATH)
def show(
    request: Request,
    lead_id: str,
    to: Stage,
    caller: OnLead,
    q: Annotated[str, Query(max_length=LONGEST)] = "",
) -> Response:
    """What moving the lead there means, and what is to be said for it; or why it cannot be."""
    with unit_of_work() as session:
        moving = _moving(session, caller, lead_id, to, q)
        return _page(request, session, caller, moving, to)


@router.post(PATH)
def do(
    request: Request, lead_id: str, to: Stage, caller: OnLead, form: Annotated[MoveForm, Form()]
) -> Response:
    """Move it, as long as it is where it was shown; back to the board."""
    with unit_of_work() as session:
        moving = _moving(session, caller, lead_id, to, form.q)
        if isinstance(moving.does, Refused) or (moving.at, moving.has_it) != (form.at, form.has_it):
            told = Notice("It has been moved meanwhile. Look at it once more.")
            return _page(request, session, caller, moving, to, 409, told)
    try:
        words = _done(request, moving.does, lead_id, caller, form)
    except (*CANNOT, Missing) as error:
        typed = form.model_dump(include={"kind", "why", "rep"})
        told = Notice(in_plain_words(error), typed=typed)
        with unit_of_work() as session:
            moving = _moving(session, caller, lead_id, to, form.q)
            status = 422 if isinstance(error, Missing) else 409
            return _page(request, session, caller, moving, to, status, told)
    answer = told_on(request, BOARD, Notice(f"{moving.name}: {words}", True))
    answer.headers["location"] = f"{board_of(form.q)}#{ANCHOR}"
    return answer


def _moving(session: Session, caller: Actor, lead_id: str, to: Stage, q: str) -> Moving:
    standing = standing_of(session, lead_id, datetime.now(UTC))
    made = current_assignment(session, lead_id)
    at = stage_of(made, standing.outcome)
    does = move(at, to)
    if not isinstance(does, Refused):
        needed = PERMISSIONS[does]
        if not within(session, caller, needed, lead_id):
            reach = caller.reach(needed)
            does = Refused(who_may(needed) if reach is None else not_in_reach(needed, reach))
    has_it = "" if made is None else made.rep_id
    return Moving(lead_id, called(standing.lead), at, does, has_it, q)


def _page(
    request: Request,
    session: Session,
    caller: Actor,
    moving: Moving,
    to: Stage,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    does = moving.does
    refused = does.why if isinstance(does, Refused) else ""
    values: dict[str, Any] = {
        "moving": moving,
        "to": to,
        "back": board_of(moving.q),
        "stages": COLUMNS,
        "refused": refused,
        "what": "" if isinstance(does, Refused) else WHAT[does],
        "asks_why": does in WITH_REASON,
        "reps": reps_by_name(session) if does == "give" else [],
        "typed": (told or NOTHING).typed,
    }
    return page(request, "leads/move.html", caller, 409 if refused else status, told, **values)


def _done(request: Request, does: Does, lead_id: str, caller: Actor, form: MoveForm) -> str:
    why = form.why.strip()
    if does in WITH_REASON and not why:
        raise Missing("Say why.")
    if does == "give" and not form.rep:
        raise Missing("Choose who is to have it.")
    if does in ("converted", "lost", "reopened"):
        said = outcome_from_words(does, None, None, None)
        told = OutcomeTold(lead_id, said, Sender(caller), "console")
        request.app.state.intake.outcomes.submit(told).result()
        return DONE[does]
    return _worked(does, lead_id, caller, form, why)


def _worked(does: Does, lead_id: str, caller: Actor, form: MoveForm, why: str) -> str:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        if does != "give":
            who = Said(caller.id, now, form.has_it)
            act(session, caller, lead_id, cast(Action, does), who, why, form.kind)
            return DONE[does]
        by = requester(session, caller, None, now)
        given = ask_or_reassign(
            session, get_settings(), lead_id, by, Said(by.id, now), form.rep, why
        )
        return DONE[does] if isinstance(given, Assignment) else WAITS
