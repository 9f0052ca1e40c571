"""Who is signed in: one's own sign-ins, and for admins everybody's; ending them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.sign_ins import SignInNotFound, end_sign_in, sign_ins
from leadflow.assignment.team.naming import names_of_people
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.access.accounts import Manages
from leadflow.gateway.console.forms import LeavingNow
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.paging.keyset import Wanted

router = APIRouter(include_in_schema=False)
OWN, EVERYBODYS = "/console/sign-ins", "/console/system/sign-ins"
AT_A_TIME = 100
Which = Annotated[str, Form(max_length=200)]
Cursor = Annotated[str | None, Query(max_length=2000)]


@router.get(OWN)
def show_own(request: Request, caller: LeavingNow) -> Response:
    """Where one is signed in."""
    return _page(request, caller, OWN)


@router.post(OWN)
def end_own(request: Request, caller: LeavingNow, sign_in: Which) -> Response:
    """End one of one's own."""
    return _ended(request, caller, sign_in, OWN)


@router.get(EVERYBODYS)
def show_all(request: Request, caller: Manages, cursor: Cursor = None) -> Response:
    """Who is signed in, the newest first."""
    return _page(request, caller, EVERYBODYS, cursor)


@router.post(EVERYBODYS)
def end_any(request: Request, caller: Manages, sign_in: Which) -> Response:
    """End anybody's."""
    return _ended(request, caller, sign_in, EVERYBODYS)


def _ended(request: Request, caller: Actor, sign_in: str, address: str) -> Response:
    whose = caller.id if address == OWN else None
    try:
        with unit_of_work() as session:
            end_sign_in(session, sign_in, caller.id, datetime.now(UTC), whose)
    except SignInNotFound as error:
        return _page(request, caller, address, None, 404, Notice(str(error)))
    return told_on(request, address, Notice("The sign-in has ended.", True))


def _page(
    request: Request,
    caller: Actor,
    address: str,
    cursor: str | None = None,
    code: int = 200,
    told: Notice | None = None,
) -> Response:
    own = address == OWN
    with unit_of_work() as session:
        whose = caller.id if own else None
        found = sign_ins(session, datetime.now(UTC), whose, Wanted(AT_A_TIME, cursor))
        names = _names(session, [one.person_id for one in found.items])
    return page(
        request,
        "system/sign_ins.html",
        caller,
        code,
        told,
        found=found,
        names=names,
        address=address,
        own=own,
    )


def _names(session: Session, ids: list[str]) -> dict[str, Any]:
    return dict(names_of_people(session, ids))
