"""People who sign in: adding them, finding them, what they may do."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime

from pydantic import validate_email
from pydantic_core import PydanticCustomError
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from features.normal_forms import address
from leadflow.accounts.actors import Actor
from leadflow.accounts.passwords import hash_password, is_password
from leadflow.accounts.permissions import Role
from leadflow.accounts.sign_in_delays import unlock
from leadflow.accounts.tables import Person, PersonSession
from leadflow.audit import service as audit
from leadflow.paging.keyset import Key, Page, Wanted, read_page
from leadflow.privacy.cipher_in_use import get_cipher

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")


class PersonNotFound(LookupError):
    """There is nobody of this name."""


class LastAdmin(RuntimeError):
    """Somebody must be left who can decide what nobody else may: make another admin first."""


class WrongPassword(PermissionError):
    """The present password is not this one."""


class PersonInvalid(ValueError):
    """What is said of a person cannot be kept; the message says why."""


def email_index(email: str) -> str:
    """What an address is found by."""
    return get_cipher().blind_index(address(email), "person_email")


def add_person(
    session: Session,
    username: str,
    name: str,
    roles: Iterable[str],
    by: str,
    email: str | None = None,
    rep_id: str | None = None,
    password: str | None = None,
) -> Person:
    """Somebody new, who can sign in once there is a password.

    Raises:
        PersonInvalid: the username is malformed or taken, the address is none or taken, a role is
            unknown, or the salesperson has an account.
        PasswordRefused: the password is too easy.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise PersonInvalid(
            "A username has 2 to 63 small letters, digits, dots, dashes or underscores, and "
            "begins with a letter or a digit."
        )
    email = None if email is None else _checked_email(email)
    index = None if email is None else email_index(email)
    _refuse_taken_rep(session, rep_id, None)
    taken = select(Person.id).where(
        or_(Person.username == username, Person.email_index == index)
        if index
        else Person.username == username
    )
    if session.scalars(taken).first() is not None:
        raise PersonInvalid(f"Somebody has the username {username} or this address already.")
    person = Person(
        username=username,
        name=name.strip() or username,
        email=email,
        email_index=index,
        roles=checked_roles(roles),
        rep_id=rep_id,
        password_hash=None if password is None else hash_password(password, username, email or ""),
    )
    session.add(person)
    session.flush()
    audit.record(session, by, "person.added", person.id, after={"roles": person.roles})
    return person


def checked_roles(roles: Iterable[str]) -> list[str]:
    """The roles, each once, in the order of their names.

    Raises:
        PersonInvalid: there is no such role, or none is given.
    """
    given = sorted(set(roles))
    unknown = [role for role in given if role not in set(Role)]
    if unknown or not given:
        said = f"no role is called {', '.join(unknown)}" if unknown else "give at least one role"
        raise PersonInvalid(f"{said.capitalize()}. Roles: {', '.join(Role)}.")
    return given


def find_person(session: Session, said: str) -> Person:
    """By id, username or address.

    Raises:
        PersonNotFound: nobody.
    """
    said = said.strip()
    person = session.scalars(
        select(Person).where(
            or_(
                Person.id == said,
                Person.username == said.lower(),
                Person.email_index == email_index(said),
            )
        )
    ).first()
    if person is None:
        raise PersonNotFound("There is nobody of this name. See: leadflow people list")
    return person


def change_person(
    session: Session,
    person: Person,
    by: str,
    roles: Iterable[str] | None = None,
    rep_id: str | None = None,
    active: bool | None = None,
    email: str | None = None,
) -> None:
    """Other roles, another address or place in the sales team, or none here any more. What is not
    said stays; whoever is no longer active is signed out.

    Raises:
        PersonInvalid: there is no such role, the address is none or taken, or the salesperson has
            an account.
        LastAdmin: nobody who is active would be an admin any more.
    """
    stays = (active is not False) and (roles is None or Role.ADMIN in checked_roles(roles))
    if person.active and Role.ADMIN in person.roles and not stays:
        _refuse_without_admin(session, person)
    before = {"roles": person.roles, "rep_id": person.rep_id, "active": person.active}
    if roles is not None:
        person.roles = checked_roles(roles)
    if rep_id is not None:
        _refuse_taken_rep(session, rep_id, person.id)
        person.rep_id = rep_id
    if active is not None:
        person.active = active
    if email is not None:
        _change_email(session, person, _checked_email(email))
    after = {"roles": person.roles, "rep_id": person.rep_id, "active": person.active}
    if active is False:
        session.flush()
        sign_out_everywhere(session, person.id)
    if email is not None:
        # That there is another one; not which.
        before, after = before | {"email": "another"}, after | {"email": "new"}
    audit.record(session, by, "person.changed", person.id, before=before, after=after)


def _checked_email(email: str) -> str:
    try:
        if "<" in email:
            raise PydanticCustomError("email", "with a name before it")
        return str(validate_email(email.strip())[1])
    except PydanticCustomError as error:
        raise PersonInvalid(
            "The e-mail address is none. It is such as ada@example.com, without a name before it."
        ) from error


def _change_email(session: Session, person: Person, email: str) -> None:
    index = email_index(email)
    taken = select(Person.id).where(Person.email_index == index, Person.id != person.id)
    if session.scalars(taken).first() is not None:
        raise PersonInvalid("Somebody has this address already.")
    person.email, person.email_index = email, index


def _refuse_taken_rep(session: Session, rep_id: str | None, but: str | None) -> None:
    if rep_id is None:
        return
    has_it = select(Person.username).where(Person.rep_id == rep_id, Person.id.is_distinct_from(but))
    name = session.scalars(has_it).first()
    if name is not None:
        raise PersonInvalid(
            f"This salesperson has the account {name}. Change that one: leadflow people change "
            f"{name}, which takes --email too."
        )


def _refuse_without_admin(session: Session, person: Person) -> None:
    # The rows are held, so that two who let each other go at once do not both succeed.
    admins = select(Person.id).where(Person.active, Person.roles.contains([Role.ADMIN.value]))
    if set(session.scalars(admins.order_by(Person.id).with_for_update())) <= {person.id}:
        raise LastAdmin(f"{person.username} is the only admin. Make somebody else one first.")


def change_password(session: Session, person: Person, present: str, wanted: str) -> None:
    """Somebody's own new password; wherever they are signed in, they are signed out.

    Raises:
        WrongPassword: the present one is another.
        PasswordRefused: the new one is too easy.
    """
    if not is_password(person.password_hash, present):
        raise WrongPassword("This is not your present password.")
    set_password(session, person, wanted, person.id)


def set_password(session: Session, person: Person, password: str | None, by: str) -> str:
    """A new password, made up where none is given; whoever is signed in is signed out, and delays
    after wrong passwords are over.

    Raises:
        PasswordRefused: the password is too easy.
    """
    password = password or secrets.token_urlsafe(12)
    person.password_hash = hash_password(password, person.username, person.email or "")
    sign_out_everywhere(session, person.id)
    unlock(session, person.id)
    audit.record(session, by, "person.password_set", person.id)
    return password


def sign_out_everywhere(session: Session, person_id: str) -> None:
    """End every sign-in of a person."""
    open_ones = update(PersonSession).where(
        PersonSession.person_id == person_id, PersonSession.ended_at.is_(None)
    )
    session.execute(open_ones.values(ended_at=PersonSession.created_at))


def people_with(session: Session, roles: Iterable[str], now: datetime) -> list[Person]:
    """Who is active and has one of these roles, by username."""
    statement = select(Person).where(Person.active, Person.roles.overlap(list(roles)))
    return list(session.scalars(statement.order_by(Person.username)))


def everybody(session: Session, wanted: Wanted) -> Page[Person]:
    """Whoever has an account, by username."""
    return read_page(session, select(Person), (Key(Person.username),), ("people",), wanted)


def usernames(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """What people are called, by id; ids of programs and of nobody are left out."""
    wanted = [one for one in set(ids) if one and one.startswith("person_")]
    if not wanted:
        return {}
    statement = select(Person.id, Person.username).where(Person.id.in_(wanted))
    return dict(session.execute(statement).tuples().all())


def actor_of(person: Person) -> Actor:
    """The person as one who acts."""
    return Actor(
        kind="person",
        id=person.id,
        called=person.username,
        roles=frozenset(person.roles),
        rep_id=person.rep_id,
        name=person.name,
    )
