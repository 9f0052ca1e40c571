"""In whose name somebody acts: their own, or that of a person they stand in for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.keys import ANYBODY
from leadflow.accounts.people import PersonNotFound, find_person
from leadflow.accounts.tables import Delegation, Person
from leadflow.audit import service as audit
from leadflow.paging.keyset import Key, Page, Wanted, read_page


@dataclass(frozen=True)
class Requester:
    """In whose name something is asked for, with their roles; ``asked_by``: who did."""

    id: str
    roles: frozenset[str]
    asked_by: str


def concerning(session: Session, person_id: str, now: datetime, wanted: Wanted) -> Page[Delegation]:
    """Who stands in for a person, and for whom they do, where that has not ended."""
    statement = select(Delegation).where(
        or_(Delegation.person_id == person_id, Delegation.delegate_id == person_id),
        Delegation.ended_at.is_(None),
        Delegation.ends_at > now,
    )
    keys = Key(Delegation.starts_at), Key(Delegation.id)
    return read_page(session, statement, keys, ("delegations", person_id), wanted)


class NotYourName(PermissionError):
    """Somebody else is named, and the caller may not act for them."""


class DelegationInvalid(ValueError):
    """Nobody can stand in like that; the message says why."""


def in_whose_name(session: Session, actor: Actor, said: str | None, now: datetime) -> str:
    """The id that goes into the record: the caller's, or that of the person they may act for.

    Raises:
        NotYourName: somebody is named for whom the caller may not act, or nobody is called so.
    """
    if said is None or said.strip() in (actor.id, actor.called):
        return actor.id
    try:
        person = find_person(session, said)
    except PersonNotFound as error:
        raise NotYourName(
            f"You are {actor.called}; nobody you may act for is called {said.strip()[:100]!r}. "
            "Leave it out, or give a username."
        ) from error
    if person.id == actor.id or may_act_for(session, actor, person, now):
        return person.id
    raise NotYourName(
        f"You are {actor.called} and may not act for {person.username}. They can let you: leadflow "
        f"people delegate {person.username} USERNAME --days 7, or the page Delegation."
    )


def requester(session: Session, actor: Actor, said: str | None, now: datetime) -> Requester:
    """The same with their roles, where policies go by them.

    Raises:
        NotYourName: as ``in_whose_name``.
    """
    name = in_whose_name(session, actor, said, now)
    if name == actor.id:
        return Requester(actor.id, actor.roles, actor.id)
    return Requester(name, frozenset(session.get_one(Person, name).roles), actor.id)


def may_act_for(session: Session, actor: Actor, person: Person, now: datetime) -> bool:
    """Whether the caller stands in for this person, or is a program that may speak for them."""
    if not person.active:
        return False
    if actor.kind == "key":
        return bool({ANYBODY, person.id} & actor.acts_for)
    return person.id in stands_in_for(session, actor.id, now)


def stands_in_for(session: Session, person_id: str, now: datetime) -> list[str]:
    """Ids of the people for whom somebody stands in at a moment."""
    return list(
        session.scalars(
            select(Delegation.person_id)
            .join(Person, Person.id == Delegation.person_id)
            .where(
                Delegation.delegate_id == person_id,
                Delegation.starts_at <= now,
                Delegation.ends_at > now,
                Delegation.ended_at.is_(None),
                Person.active,
            )
            .distinct()
        )
    )


def delegate(
    session: Session,
    person: Person,
    delegate_to: Person,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
) -> Delegation:
    """Let somebody stand in for a person for a while.

    Raises:
        DelegationInvalid: they are the same, the stand-in is not active, or it ends before it
            begins.
    """
    if person.id == delegate_to.id or not delegate_to.active:
        raise DelegationInvalid("Name somebody else who is active here.")
    if ends_at <= starts_at:
        raise DelegationInvalid("It must end after it begins.")
    made = Delegation(
        person_id=person.id,
        delegate_id=delegate_to.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=by,
    )
    session.add(made)
    session.flush()
    after = {"delegation": made.id, "delegate": delegate_to.id, "until": ends_at.isoformat()}
    audit.record(session, by, "delegation.made", person.id, after=after)
    return made


def take_back(session: Session, delegation: Delegation, now: datetime, by: str) -> None:
    """End a delegation before its time; once more changes nothing."""
    if delegation.ended_at is None:
        delegation.ended_at = now
        before = {"until": delegation.ends_at.isoformat()}
        audit.record(
            session,
            by,
            "delegation.ended",
            delegation.person_id,
            {"delegation": delegation.id},
            before=before,
            after={"until": now.isoformat()},
        )
