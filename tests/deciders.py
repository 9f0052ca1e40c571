"""People for tests who decide what waits, level by level."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts import signing_in
from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Person, PersonSession
from leadflow.approvals import service as approvals
from leadflow.approvals.service import DecisionTaken, Vote


def somebody(session: Session, username: str, *roles: str) -> Person:
    """The person of this name, who is added if need be."""
    known = session.scalars(select(Person).where(Person.username == username)).first()
    return known or add_person(session, username, username, roles or ["admin"], "test")


def settle(
    session: Session,
    approval_id: str | None,
    now: datetime,
    decision: Vote = "approve",
    reason: str = "ok",
) -> DecisionTaken:
    """Decide as one person of each level's role after the other, until it is settled."""
    assert approval_id is not None
    while True:
        role = approvals.get(session, approval_id).roles_now[0]
        person = somebody(session, f"the_{role}", role)
        outcome = approvals.decide(session, approval_id, decision, person, reason, now, "api")
        session.flush()
        if not outcome.counted or outcome.approval.status != "waiting":
            return outcome


def settle_as(session: Session, approval_id: str, username: str, now: datetime) -> DecisionTaken:
    """Approve as the person of this name."""
    person = somebody(session, username)
    return approvals.decide(session, approval_id, "approve", person, "ok", now, "api")


def signed_in_already(session: Session, person: Person) -> str:
    """The token of a sign-in of theirs that lasts."""
    token = f"{signing_in.PREFIX}{person.username}"
    session.add(
        PersonSession(
            token_hash=signing_in._hash(token),
            person_id=person.id,
            created_at=datetime.now(UTC),
            expires_at=datetime(2100, 1, 1, tzinfo=UTC),
        )
    )
    return token
