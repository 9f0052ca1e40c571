"""The people who may decide an approval at this moment, and whose place each takes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.delegation import stands_in_for
from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.accounts.tables import Delegation, Person
from leadflow.approvals.decision_kinds import reaches
from leadflow.approvals.tables import Approval, ApprovalVote


@dataclass(frozen=True)
class May:
    """Somebody who may decide, for themselves or for whom they stand in."""

    person: Person
    counts_for: Person


@dataclass(frozen=True)
class MayNot:
    """Why somebody may not: a stable name, and in words."""

    problem: str
    words: str


def may_decide(session: Session, approval: Approval, person: Person, now: datetime) -> May | MayNot:
    """Whether somebody may decide now. Whoever asked never may, nobody counts twice, and who stands
    in counts as whom they stand in for."""
    if person.id in (approval.requested_by, approval.asked_by):
        return MayNot("own-request", "Who asks for an approval cannot give it. Ask somebody else.")
    gone = _taken(session, approval)
    if person.id in gone:
        return MayNot("already-decided-by-you", "You have decided on this; nobody does so twice.")
    now_asked = set(approval.roles_now)
    for candidate in [person, *_principals(session, person, now)]:
        if candidate.id not in gone and _fits(session, approval, candidate, now_asked):
            return May(person, candidate)
    roles = " or ".join(approval.roles_now)
    return MayNot(
        "not-yours-to-decide", f"This waits for {roles}, and you are none for this subject."
    )


def sees(session: Session, approval: Approval, person: Person, now: datetime) -> bool:
    """Whether an approval concerns somebody: they have decided on it, or they, or whom they stand
    in for, have a role that is or may be asked about its subject."""
    if person.id in _taken(session, approval):
        return True
    asked = {role for level in approval.levels for role in level["roles"]}
    asked |= {*approval.roles_now, *approval.escalate_to}
    candidates = [person, *_principals(session, person, now)]
    return any(_fits(session, approval, one, asked) for one in candidates)


def who_may_decide(session: Session, approval: Approval, now: datetime) -> list[May]:
    """Everybody who may decide now, those in their own place first."""
    own = people_with(session, approval.roles_now, now)
    stand_ins = session.scalars(
        select(Person)
        .join(Delegation, Delegation.delegate_id == Person.id)
        .where(
            Person.active,
            Delegation.person_id.in_([person.id for person in own]),
            Delegation.starts_at <= now,
            Delegation.ends_at > now,
            Delegation.ended_at.is_(None),
        )
        .order_by(Person.username)
    ).all()
    everybody = {person.id: person for person in (*own, *stand_ins)}
    found = (may_decide(session, approval, person, now) for person in everybody.values())
    return [one for one in found if isinstance(one, May)]


def _taken(session: Session, approval: Approval) -> set[str]:
    """Who counts already: whoever asked, whoever decided, and in whose place."""
    votes = session.execute(
        select(ApprovalVote.person_id, ApprovalVote.counts_for).where(
            ApprovalVote.approval_id == approval.id
        )
    )
    return {approval.requested_by, approval.asked_by} | {one for vote in votes for one in vote}


def _principals(session: Session, person: Person, now: datetime) -> list[Person]:
    ids = stands_in_for(session, person.id, now)
    if not ids:
        return []
    return list(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.username)))


def _fits(session: Session, approval: Approval, person: Person, roles: set[str]) -> bool:
    if not person.active or not set(person.roles) & roles:
        return False
    return Role.ADMIN in person.roles or reaches(session, person, approval)
