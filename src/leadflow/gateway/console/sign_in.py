"""Signing in and out on a page."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from leadflow.accounts import signing_in
from leadflow.accounts.passwords import PasswordRefused
from leadflow.accounts.people import WrongPassword, change_password
from leadflow.accounts.tables import Person
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.access.sessions import set_cookie, source_of
from leadflow.gateway.console.forms import LeavingNow, go_to
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.limits import PASSWORDS, limited
from leadflow.gateway.http.security import COOKIE, refuse_foreign_origin
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)


@router.get("/")
def begin() -> Response:
    """The console is where people begin."""
    return go_to("/console")


@router.get("/console/sign-in")
def ask(request: Request, next: str = "/console") -> Response:  # noqa: A002  its name in the address
    """The form."""
    return page(request, "sign_in.html", None, problem="", next=_inside(next), username="")


@router.post("/console/sign-in")
@limited(PASSWORDS)
def enter(
    request: Request,
    username: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/console",  # noqa: A002
) -> Response:
    """Sign in and go on to where one wanted to be."""
    refuse_foreign_origin(request)
    settings = get_settings()
    with unit_of_work() as session:
        now, hours = datetime.now(UTC), settings.session_hours
        token, why = signing_in.sign_in(session, username, password, now, hours, source_of(request))
    if token is None:
        there = _inside(next)
        return page(request, "sign_in.html", None, 401, problem=why, next=there, username=username)
    answer = go_to(_inside(next))
    set_cookie(answer, token)
    return answer


@router.post("/console/sign-out")
def leave(request: Request, caller: LeavingNow) -> Response:
    """End the sign-in."""
    with unit_of_work() as session:
        signing_in.sign_out(session, request.cookies.get(COOKIE, ""), datetime.now(UTC))
    answer = go_to("/console/sign-in")
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/console/sign-out")
def back(caller: LeavingNow) -> Response:
    """Whoever loads the answer of the form again."""
    return go_to("/console")


@router.get("/console/password")
def ask_password(request: Request, caller: LeavingNow) -> Response:
    """The form of a new password."""
    return page(request, "password.html", caller, problem="")


@router.post("/console/password")
@limited(PASSWORDS)
def new_password(
    request: Request,
    caller: LeavingNow,
    present: Annotated[str, Form(max_length=1000)],
    wanted: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Take it, and have them sign in anew."""
    try:
        with unit_of_work() as session:
            change_password(session, session.get_one(Person, caller.id), present, wanted)
    except (WrongPassword, PasswordRefused) as error:
        return page(request, "password.html", caller, 422, problem=str(error))
    changed = Notice("Your password is changed. Sign in with the new one.", True)
    return told_on(request, "/console/sign-in", changed)


def _inside(address: str) -> str:
    """A page of ours; nobody is sent elsewhere by a link."""
    inside = address.startswith("/console") and "\\" not in address and "//" not in address
    return address if inside else "/console"
