"""The people who may decide an approval at this moment, and whose place each takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.delegation import stands_in_for
from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.accounts.tables import Delegation, Person
from leadflow.approvals.decision_kinds import reached
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


@dataclass(frozen=True)
class Looked:
    """What says of some approvals who sees and decides them: a person, those they stand in for,
    who counts already by approval, and by person which approvals are within reach."""

    person: Person
    principals: tuple[Person, ...]
    taken: Mapping[str, Collection[str]]
    reached: Mapping[str, Collection[str]]

    def may_decide(self, approval: Approval) -> May | MayNot:
        """Whether the person may decide now. Whoever asked never may, nobody counts twice, and who
        stands in counts as whom they stand in for."""
        me = self.person
        if me.id in (approval.requested_by, approval.asked_by):
            said = "Who asks for an approval cannot give it. Ask somebody else."
            return MayNot("own-request", said)
        gone = self.taken[approval.id]
        if me.id in gone:
            said = "You have decided on this; nobody does so twice."
            return MayNot("already-decided-by-you", said)
        now_asked = set(approval.roles_now)
        for candidate in (me, *self.principals):
            if candidate.id not in gone and self._fits(approval, candidate, now_asked):
                return May(me, candidate)
        roles = " or ".join(approval.roles_now)
        return MayNot(
            "not-yours-to-decide", f"This waits for {roles}, and you are none for this subject."
        )

    def sees(self, approval: Approval) -> bool:
        """Whether an approval concerns the person: they have decided on it, or they, or whom they
        stand in for, have a role that is or may be asked about its subject."""
        if self.person.id in self.taken[approval.id]:
            return True
        asked = {role for level in approval.levels for role in level["roles"]}
        asked |= {*approval.roles_now, *approval.escalate_to}
        return any(self._fits(approval, one, asked) for one in (self.person, *self.principals))

    def _fits(self, approval: Approval, person: Person, roles: set[str]) -> bool:
        if not person.active or not set(person.roles) & roles:
            return False
        return Role.ADMIN in person.roles or approval.id in self.reached[person.id]


def look(session: Session, approvals: Sequence[Approval], person: Person, now: datetime) -> Looked:
    """What says of these approvals whether a person sees and decides them: some statements, however
    many they are."""
    principals = tuple(_principals(session, person, now))
    return Looked(
        person,
        principals,
        _taken(session, approvals),
        {one.id: reached(session, one, approvals) for one in (person, *principals)},
    )


def may_decide(session: Session, approval: Approval, person: Person, now: datetime) -> May | MayNot:
    """Whether somebody may decide now."""
    return look(session, [approval], person, now).may_decide(approval)


def sees(session: Session, approval: Approval, person: Person, now: datetime) -> bool:
    """Whether an approval concerns somebody."""
    return look(session, [approval], person, now).sees(approval)


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


def _taken(session: Session, approvals: Sequence[Approval]) -> dict[str, set[str]]:
    """Who counts already, by approval: whoever asked, whoever decided, and in whose place."""
    taken = {one.id: {one.requested_by, one.asked_by} for one in approvals}
    votes = session.execute(
        select(ApprovalVote.approval_id, ApprovalVote.person_id, ApprovalVote.counts_for).where(
            ApprovalVote.approval_id.in_(taken)
        )
    )
    for approval_id, *people in votes:
        taken[approval_id].update(people)
    return taken


def _principals(session: Session, person: Person, now: datetime) -> list[Person]:
    ids = stands_in_for(session, person.id, now)
    if not ids:
        return []
    return list(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.username)))
