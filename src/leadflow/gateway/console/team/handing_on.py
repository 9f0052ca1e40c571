"""Somebody's leads to one colleague: who, which, and how it would come out, before it is done."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import requester
from leadflow.assignment.team.naming import names_of_leads, reps_by_name
from leadflow.assignment.team.roster import find_standing
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.work.handing_on import (
    MOST,
    HandedOn,
    SameRep,
    find_colleague,
    hand_on,
    in_work,
    room_of,
)
from leadflow.assignment.work.handover import RepInactive
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import ChangingTeam
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.team.person import OF_ONE, address_of
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = OF_ONE + "/hand-on"
# Chosen one by one; of more leads than these all are handed on, or these.
LISTED = 200
CANNOT = (RepNotFound, RepInactive, SameRep)
CHOOSE = "Choose a colleague, and say why."
TICK = "Tick some leads, or choose all."


class Handing(BaseModel):
    """The form: to whom, which leads, and why."""

    to: Annotated[str, Field(max_length=100)] = ""
    which: Literal["ticked", "all"] = "ticked"
    lead: Annotated[list[str], Field(max_length=LISTED)] = []
    why: Annotated[str, Field(max_length=1000)] = ""


@router.get(PATH)
def ask(
    request: Request,
    rep_id: str,
    caller: ChangingTeam,
    to: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """To whom, and then which, with the room that the colleague has."""
    return _page(request, rep_id, caller, Handing(to=to))


@router.post(PATH)
def do(
    request: Request, rep_id: str, caller: ChangingTeam, form: Annotated[Handing, Form()]
) -> Response:
    """Hand them on, as long as each is still with whom it was shown; back to the leaving."""
    why = form.why.strip()
    if not form.to or not why:
        return _page(request, rep_id, caller, form, 422, CHOOSE)
    if form.which == "ticked" and not form.lead:
        return _page(request, rep_id, caller, form, 422, TICK)
    chosen, now = form.lead if form.which == "ticked" else None, datetime.now(UTC)
    try:
        with unit_of_work() as session:
            own = find_standing(session, rep_id, now).facts.rep_id
            by = requester(session, caller, None, now)
            name = find_colleague(session, own, form.to).name
            done = hand_on(session, get_settings(), own, form.to, chosen, by, why, now)
    except CANNOT as error:
        return _page(request, rep_id, caller, form, 409, str(error))
    good = not (done.no_room or done.gone)
    return told_on(request, f"{address_of(rep_id)}/leaving", Notice(told(done, name), good))


def told(done: HandedOn, name: str) -> str:
    """What came of it."""
    said = [f"{how_many(done.given, 'lead')} {of_number(done.given, 'is', 'are')} with {name} now."]
    if done.waiting:
        waits = of_number(done.waiting, "waits", "wait")
        said.append(f"{how_many(done.waiting, 'lead')} {waits} for an approval first.")
    if done.no_room:
        stays = of_number(done.no_room, "stays", "stay")
        said.append(f"{name} has no more room: {how_many(done.no_room, 'lead')} {stays} here.")
    if done.gone:
        was = of_number(done.gone, "was", "were")
        said.append(f"{how_many(done.gone, 'lead')} {was} somebody else's by then.")
    return " ".join(said)


def _page(
    request: Request,
    rep_id: str,
    caller: Actor,
    form: Handing,
    status: int = 200,
    refused: str = "",
) -> Response:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        entry = find_standing(session, rep_id, now)
        own = entry.facts.rep_id
        held, count = in_work(session, own, LISTED)
        values: dict[str, Any] = {
            "colleagues": [one for one in reps_by_name(session) if one[0] != own],
            "names": names_of_leads(session, caller, [made.lead_id for made in held]),
        }
        colleague, room = None, None
        if form.to:
            try:
                colleague = find_colleague(session, own, form.to)
                room = room_of(session, colleague)
            except CANNOT as error:
                status, refused = max(status, 409), str(error)
    return page(
        request,
        "team/hand_on.html",
        caller,
        status,
        Notice(refused) if refused else None,
        entry=entry,
        held=held,
        count=count,
        colleague=colleague,
        room=room,
        form=form,
        most=MOST,
        **values,
    )
