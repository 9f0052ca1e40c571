"""The address of a salesperson: their account's, else one of their own."""

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.people import actor_of
from leadflow.accounts.permissions import Role
from leadflow.accounts.tables import Person
from leadflow.assignment.tables import Rep, Team
from leadflow.integrations.notifications.sending import Recipient
from leadflow.outbox.acts import NothingDone

HAS_ACCOUNT = and_(Person.rep_id == Rep.id, Person.active, Person.email.is_not(None))


@dataclass(frozen=True)
class Unreachable:
    """A salesperson nobody can tell anything; ``above``: somebody's team lead or manager."""

    rep_id: str
    external_id: str
    above: bool


def account_of(session: Session, person_id: str) -> tuple[Person, Recipient] | NothingDone:
    """Somebody who has an account, and where they are reached; or why they are not."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return NothingDone(f"{person_id} has no account any more.")
    if person.email is None:
        return NothingDone(f"{person_id} has no address.")
    return person, Recipient(person.email, person.username, person.id)


def recipient_of(session: Session, rep_id: str) -> Recipient | None:
    """Where a salesperson is reached; None: nowhere, or they are no longer active."""
    rep = session.get(Rep, rep_id)
    if rep is None or not rep.active:
        return None
    account = select(Person).where(
        Person.rep_id == rep_id, Person.active, Person.email.is_not(None)
    )
    person = session.scalars(account.order_by(Person.username)).first()
    if person is not None and person.email is not None:
        return Recipient(person.email, person.username, person.id)
    return None if rep.email is None else Recipient(rep.email, rep.external_id)


def reader_of(session: Session, rep_id: str) -> Actor:
    """A salesperson as one who reads of leads: by their account, or else as their place in the team
    lets them, who may know of a lead in a notice no more than they could look up."""
    account = select(Person).where(Person.rep_id == rep_id, Person.active)
    person = session.scalars(account.order_by(Person.username)).first()
    if person is not None:
        return actor_of(person)
    led = select(Team.id).where((Team.lead_rep_id == rep_id) | (Team.manager_rep_id == rep_id))
    role = Role.SALES_REP if session.scalars(led).first() is None else Role.SALES_MANAGER
    return Actor("person", rep_id, rep_id, frozenset({role}), rep_id=rep_id)


def unreachable(session: Session) -> list[Unreachable]:
    """Active salespeople who have neither an account with an address nor an address."""
    above = select(Team.id).where((Team.lead_rep_id == Rep.id) | (Team.manager_rep_id == Rep.id))
    statement = (
        select(Rep.id, Rep.external_id, above.exists())
        .where(Rep.active, Rep.email.is_(None), ~select(Person.id).where(HAS_ACCOUNT).exists())
        .order_by(Rep.external_id)
    )
    return [Unreachable(*row) for row in session.execute(statement)]
