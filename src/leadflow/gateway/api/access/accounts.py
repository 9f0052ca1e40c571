"""Accounts over the API: the people who sign in and the keys of programs, for admins."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.accounts import keys, people
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import INTEGRATION, Role
from leadflow.accounts.tables import ApiKey, Person
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import unit_of_work
from leadflow.exact import Amount, Flag, Moment
from leadflow.gateway.http.idempotency import SHOWN_ONCE, Keyed
from leadflow.gateway.http.limits import PASSWORDS, limited
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.problem import Problem
from leadflow.gateway.http.security import needs
from leadflow.gateway.http.versions import IfMatch, say_version, version_of

router = APIRouter(tags=["people"], route_class=Keyed)
Manages = Annotated[Actor, needs("account.manage")]
Who = Annotated[str, Path(description="Username or id.")]
Name = Annotated[str, Path(description="The name the keys were made under.")]
MOST_HOURS = 24 * 30


class PersonIn(BaseModel):
    """Somebody new. They get a password, which is answered once."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(max_length=63, description="What they are called by in requests.")
    name: str = Field("", max_length=200)
    email: str | None = Field(None, max_length=320, description="Where notifications go.")
    roles: list[Role] = Field(min_length=1)
    rep: str | None = Field(None, description="Who they are in the sales team: id or own name.")


class PersonChange(BaseModel):
    """What is to change; what is not said stays."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Role] | None = Field(None, min_length=1)
    rep: str | None = None
    active: Flag | None = Field(None, description="Whoever is inactive is signed out at once.")
    email: str | None = Field(None, max_length=320, description="Where notifications go.")


class PersonOut(BaseModel):
    """Somebody who has an account."""

    id: str
    username: str
    name: str
    email: str | None
    roles: list[str]
    rep_id: str | None
    active: bool

    @classmethod
    def of(cls, person: Person) -> "PersonOut":
        """From the row."""
        return cls.model_validate(person, from_attributes=True)


class PasswordMade(BaseModel):
    """A password that was made up; it is not shown again."""

    person: PersonOut
    password: str


class KeyIn(BaseModel):
    """A new key for a program."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="Which program it is for.")
    scopes: list[str] = Field(default_factory=lambda: list(INTEGRATION), min_length=1)
    acts_for: list[str] = Field(
        default_factory=list, description="Usernames it may act for; * is everybody."
    )
    expires_at: Moment | None = None


class KeyOut(BaseModel):
    """A key in use, by its beginning; never the key itself."""

    name: str
    prefix: str
    scopes: list[str]
    acts_for: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "KeyOut":
        """From the row."""
        return cls.model_validate(key, from_attributes=True)


class KeyMade(BaseModel):
    """A new key; it is not shown again."""

    name: str
    key: str


class Rotation(BaseModel):
    """How long the keys there are go on working beside the new one."""

    model_config = ConfigDict(extra="forbid")

    hours: Amount = Field(24, ge=0, le=MOST_HOURS)


@router.get("/people", response_model=PageOut[PersonOut], summary="Who has an account?")
def read_people(caller: Manages, paged: Paged) -> PageOut[PersonOut]:
    """Everybody, by username."""
    with unit_of_work() as session:
        return PageOut.of(people.everybody(session, paged).of(PersonOut.of))


@router.post("/people", response_model=PasswordMade, status_code=201, summary="Add somebody")
@limited(PASSWORDS)
def add_person(body: PersonIn, response: Response, caller: Manages) -> PasswordMade:
    """They can sign in at once, with the password in the answer."""
    with unit_of_work() as session:
        rep_id = _rep(session, body.rep)
        person = people.add_person(
            session, body.username, body.name, body.roles, caller.id, body.email, rep_id
        )
        return _with_password(session, person, response, caller)


@router.get("/people/{who}", response_model=PersonOut, summary="Read somebody's account")
def read_person(who: Who, request: Request, caller: Manages) -> PersonOut:
    """Whoever has it, by username, id or address."""
    with unit_of_work() as session:
        person = PersonOut.of(people.find_person(session, who))
    say_version(request, version_of(person))
    return person


@router.patch("/people/{who}", response_model=PersonOut, summary="Change what somebody may do")
def change_person(who: Who, body: PersonChange, seen: IfMatch, caller: Manages) -> PersonOut:
    """409 `last-admin` where nobody would be an admin any more."""
    with unit_of_work() as session:
        person = people.find_person(session, who)
        # Under a lock of its row, and read anew: so that of two who edit it the second sees that.
        session.refresh(person, with_for_update=True)
        seen.check(version_of(PersonOut.of(person)))
        rep_id = _rep(session, body.rep)
        people.change_person(
            session, person, caller.id, body.roles, rep_id, body.active, body.email
        )
        return PersonOut.of(person)


@router.post("/people/{who}/password", response_model=PasswordMade, summary="A new password")
@limited(PASSWORDS)
def make_password(who: Who, response: Response, caller: Manages) -> PasswordMade:
    """For somebody who has forgotten theirs; wherever they are signed in, they are signed out."""
    with unit_of_work() as session:
        return _with_password(session, people.find_person(session, who), response, caller)


@router.get("/keys", response_model=PageOut[KeyOut], summary="Which programs may come in?")
def read_keys(caller: Manages, paged: Paged) -> PageOut[KeyOut]:
    """Every key that was not revoked, newest first."""
    with unit_of_work() as session:
        return PageOut.of(keys.page_of_keys(session, paged).of(KeyOut.of))


@router.post("/keys", response_model=KeyMade, status_code=201, summary="Make a key")
def create_key(body: KeyIn, response: Response, caller: Manages) -> KeyMade:
    """With the permissions that bring leads and facts in, unless others are said. 409 `key-there`
    where the program has one in use: renew that."""
    now = datetime.now(UTC)
    if body.expires_at is not None and body.expires_at <= now:
        raise Problem(422, "key-ends-before", "The key would not work", "expires_at is past.")
    with unit_of_work() as session:
        acts_for = [
            said if said == keys.ANYBODY else people.find_person(session, said).id
            for said in body.acts_for
        ]
        ends, by = body.expires_at, caller.id
        key = keys.first_key(session, body.name, body.scopes, acts_for, ends, by, now)
    return _shown_once(response, body.name, key)


@router.post("/keys/{name}/rotate", response_model=KeyMade, summary="Renew a program's key")
def rotate_key(
    name: Name, response: Response, caller: Manages, body: Rotation | None = None
) -> KeyMade:
    """A new key with the same permissions; the old ones go on working for a while."""
    overlap = timedelta(hours=(body or Rotation()).hours)
    with unit_of_work() as session:
        key = keys.rotate_key(session, name, datetime.now(UTC), overlap, caller.id)
    return _shown_once(response, name, key)


@router.delete("/keys/{name}", status_code=204, summary="Revoke keys")
def revoke_keys(
    name: Annotated[str, Path(description="A program's name, or the beginning of one key.")],
    caller: Manages,
) -> None:
    """At once and for good: a second later at the latest nobody comes in with them."""
    with unit_of_work() as session:
        if not keys.revoke_keys(session, name.removesuffix("…"), caller.id):
            raise keys.KeyNotFound(f"There is no key of {name} in use.")


def _rep(session: Session, said: str | None) -> str | None:
    return None if said is None else find_rep(session, said).id


def _with_password(
    session: Session, person: Person, response: Response, caller: Actor
) -> PasswordMade:
    made = people.set_password(session, person, None, caller.id)
    response.headers.update(SHOWN_ONCE)
    return PasswordMade(person=PersonOut.of(person), password=made)


def _shown_once(response: Response, name: str, key: str) -> KeyMade:
    response.headers.update(SHOWN_ONCE)
    return KeyMade(name=name, key=key)
