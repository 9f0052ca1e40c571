"""Who has an account: adding somebody, what they may do, a new password."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts import people
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Role
from leadflow.accounts.sign_ins import sign_ins
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.access.accounts import Manages
from leadflow.gateway.console.forms import go_to
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.system.acting import sent
from leadflow.gateway.http.limits import PASSWORDS, limited
from leadflow.paging.keyset import Wanted

router = APIRouter(include_in_schema=False)
LIST = "/console/system/people"
PATH = LIST + "/{person_id}"
AT_A_TIME = 100
Text = Annotated[str, Form(max_length=320)]
Roles = Annotated[list[str] | None, Form()]
Cursor = Annotated[str | None, Query(max_length=2000)]
Made = tuple[str, dict[str, Any]]


@router.get(LIST)
def show_all(request: Request, caller: Manages, cursor: Cursor = None) -> Response:
    """Everybody, by username."""
    return _list(request, caller, cursor)


@router.post(LIST)
@limited(PASSWORDS)
def add(
    request: Request,
    caller: Manages,
    username: Text = "",
    name: Text = "",
    email: Text = "",
    rep: Text = "",
    roles: Roles = None,
) -> Response:
    """Somebody new, with a password that is shown once."""

    def change(session: Session, now: datetime) -> Made:
        rep_id = find_rep(session, rep.strip()).id if rep.strip() else None
        made = people.add_person(
            session, username, name, roles or [], caller.id, email.strip() or None, rep_id
        )
        password = people.set_password(session, made, None, caller.id)
        return f"{made.name} can sign in now.", {"for": made.username, "password": password}

    typed = {"username": username, "name": name, "email": email, "rep": rep, "roles": roles or []}

    def again(code: int, told: Notice) -> Response:
        return _list(request, caller, None, code, told)

    return sent(request, LIST, again, change, typed, "add")


@router.get(PATH)
def show(request: Request, person_id: str, caller: Manages) -> Response:
    """One person."""
    return _one(request, caller, person_id)


@router.post(PATH)
def change_one(
    request: Request,
    person_id: str,
    caller: Manages,
    email: Text = "",
    rep: Text = "",
    roles: Roles = None,
    active: Annotated[bool, Form()] = False,
) -> Response:
    """Other roles, another address or place in the team; or no account any more."""

    def change(session: Session, now: datetime) -> Made:
        person = people.find_person(session, person_id)
        rep_id = find_rep(session, rep.strip()).id if rep.strip() else None
        people.change_person(
            session, person, caller.id, roles or [], rep_id, active, email.strip() or None
        )
        signed_out = "" if person.active else " They are signed out everywhere."
        return f"Kept.{signed_out}", {}

    def again(code: int, told: Notice) -> Response:
        return _one(request, caller, person_id, code, told)

    return sent(request, f"{LIST}/{person_id}", again, change)


@router.post(PATH + "/password")
@limited(PASSWORDS)
def new_password(request: Request, person_id: str, caller: Manages) -> Response:
    """One that is made up and shown once; wherever they are signed in, they are signed out."""

    def change(session: Session, now: datetime) -> Made:
        person = people.find_person(session, person_id)
        password = people.set_password(session, person, None, caller.id)
        words = "There is a new password. They are signed out everywhere."
        return words, {"for": person.username, "password": password}

    def again(code: int, told: Notice) -> Response:
        return _one(request, caller, person_id, code, told)

    return sent(request, f"{LIST}/{person_id}", again, change)


@router.get(PATH + "/password")
def back(person_id: str, caller: Manages) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(f"{LIST}/{person_id}")


def _list(
    request: Request,
    caller: Actor,
    cursor: str | None,
    code: int = 200,
    told: Notice | None = None,
) -> Response:
    with unit_of_work() as session:
        found = people.everybody(session, Wanted(AT_A_TIME, cursor))
    return page(request, "system/people.html", caller, code, told, found=found, roles=list(Role))


def _one(
    request: Request, caller: Actor, person_id: str, code: int = 200, told: Notice | None = None
) -> Response:
    with unit_of_work() as session:
        person = people.find_person(session, person_id)
        going_on = sign_ins(session, datetime.now(UTC), person.id).items
    return page(
        request,
        "system/person.html",
        caller,
        code,
        told,
        person=person,
        going_on=len(going_on),
        roles=list(Role),
    )
