"""Signing in and out over the API, and who one is."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from leadflow.accounts import signing_in
from leadflow.accounts.actors import Actor
from leadflow.accounts.people import change_password
from leadflow.accounts.permissions import PERMISSIONS
from leadflow.accounts.tables import Person
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.limits import PASSWORDS, limited
from leadflow.gateway.http.problem import Problem
from leadflow.gateway.http.security import COOKIE, needs, refuse_foreign_origin
from leadflow.gateway.http.versions import Tagged
from leadflow.settings import get_settings

router = APIRouter(tags=["people"], route_class=Tagged)
Me = Annotated[Actor, needs("account.own")]


class SignInBody(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    username: str = Field(min_length=1, max_length=320, description="Or the e-mail address.")
    password: SecretStr = Field(max_length=1000)


class SignedIn(BaseModel):
    """A sign-in. Send the token as a bearer token; or let the cookie be sent, and with whatever
    changes something the form token as ``X-CSRF-Token``."""

    token: str
    form_token: str


class MeOut(BaseModel):
    """Who the caller is, and what they may do."""

    id: str
    username: str
    roles: list[str]
    rep_id: str | None
    permissions: dict[str, str] = Field(description="Each with how far it reaches.")


@router.post("/session", response_model=SignedIn, status_code=201, summary="Sign in")
@limited(PASSWORDS)
def sign_in(body: SignInBody, request: Request, response: Response) -> SignedIn:
    """After five wrong passwords in a row the next has to wait, longer each time, where they come
    from: 401 `sign-in-refused` says so."""
    refuse_foreign_origin(request)
    settings, now = get_settings(), datetime.now(UTC)
    with unit_of_work() as session:
        password = body.password.get_secret_value()
        token, why = signing_in.sign_in(
            session, body.username, password, now, settings.session_hours, source_of(request)
        )
    if token is None:
        raise Problem(401, "sign-in-refused", "You are not signed in", why)
    set_cookie(response, token)
    return SignedIn(token=token, form_token=signing_in.form_token(token))


@router.delete("/session", status_code=204, summary="Sign out")
def sign_out(request: Request, response: Response, caller: Me) -> None:
    """End the sign-in whose token is sent."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    with unit_of_work() as session:
        for token in (given, request.headers.get("x-api-key"), request.cookies.get(COOKIE)):
            if token and token.startswith(signing_in.PREFIX):
                signing_in.sign_out(session, token, datetime.now(UTC))
    response.delete_cookie(COOKIE)


@router.get("/me", response_model=MeOut, summary="Who am I?")
def me(caller: Me) -> MeOut:
    """The person who is signed in, with what they may do."""
    reached = {name: caller.reach(name) for name in PERMISSIONS}
    return MeOut(
        id=caller.id,
        username=caller.called,
        roles=sorted(caller.roles),
        rep_id=caller.rep_id,
        permissions={name: far.value for name, far in reached.items() if far is not None},
    )


class PasswordIn(BaseModel):
    """One's own new password."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    present: SecretStr = Field(max_length=1000)
    wanted: SecretStr = Field(max_length=1000, description="12 to 200 characters.")


@router.put("/me/password", status_code=204, summary="Change my password")
@limited(PASSWORDS)
def change_my_password(body: PasswordIn, caller: Me) -> None:
    """Wherever you are signed in, you are signed out, here too."""
    with unit_of_work() as session:
        person = session.get_one(Person, caller.id)
        wanted = body.wanted.get_secret_value()
        change_password(session, person, body.present.get_secret_value(), wanted)


def source_of(request: Request) -> str:
    """Where a request comes from, as far as can be seen."""
    return "unknown" if request.client is None else request.client.host


def set_cookie(response: Response, token: str) -> None:
    """Keep the sign-in in the browser, out of reach of its scripts and of other sites' forms."""
    settings = get_settings()
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(settings.session_hours * 3600),
        httponly=True,
        samesite="lax",
        secure=settings.address.startswith("https:"),
    )
