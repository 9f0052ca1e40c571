"""The approvals that concern somebody, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import stands_in_for
from leadflow.accounts.tables import Person
from leadflow.approvals.refusals import ended
from leadflow.approvals.tables import Approval, ApprovalVote
from leadflow.approvals.who import Looked, May, MayNot, look
from leadflow.paging.keyset import Key, Page, Wanted, read_kept

BY_AGE = Key(Approval.requested_at), Key(Approval.id)
EVERY_ROLE = "$[*].roles[*]"
ONLY_PEOPLE = MayNot("not-yours-to-decide", "Only people decide.")


@dataclass(frozen=True)
class Seen:
    """An approval as somebody sees it: whether they may decide now."""

    approval: Approval
    may: May | MayNot


def page_of_approvals(
    session: Session, status: str, actor: Actor, mine: bool, now: datetime, wanted: Wanted
) -> Page[Seen]:
    """The approvals with a status that the actor may see, the oldest first; ``mine``: only those
    that they may decide now."""
    person, sees_all = session.get(Person, actor.id), actor.reach("approval.all") is not None
    statement = select(Approval).where(Approval.status == status)
    if not sees_all:
        statement = statement.where(_may_concern(session, actor, person, now))

    def kept(found: list[Any]) -> list[Seen | None]:
        looked = None if person is None else look(session, found, person, now)
        seen = [_seen(one, actor, looked, sees_all) for one in found]
        return [None if mine and one and not isinstance(one.may, May) else one for one in seen]

    query = ("approvals", status, mine, None if sees_all else actor.id)
    return read_kept(session, statement, BY_AGE, query, wanted, kept)


def _seen(approval: Approval, actor: Actor, looked: Looked | None, sees_all: bool) -> Seen | None:
    asked = actor.id in (approval.requested_by, approval.asked_by)
    if not (sees_all or asked or (looked is not None and looked.sees(approval))):
        return None
    return Seen(approval, may_now(approval, looked))


def may_now(approval: Approval, looked: Looked | None) -> May | MayNot:
    """Whether somebody may decide now; None: it is a program that asks."""
    if approval.status != "waiting":
        return MayNot(f"already-{approval.status}", ended(approval))
    return ONLY_PEOPLE if looked is None else looked.may_decide(approval)


def _may_concern(
    session: Session, actor: Actor, person: Person | None, now: datetime
) -> ColumnElement[bool]:
    """What is true of all approvals that concern somebody, and of few others: they ask, have
    decided, or share a role with those who are asked."""
    asks = or_(Approval.requested_by == actor.id, Approval.asked_by == actor.id)
    if person is None:
        return asks
    others = select(Person).where(Person.id.in_(stands_in_for(session, person.id, now)))
    roles = {role for one in (person, *session.scalars(others)) for role in one.roles}
    any_of = literal(sorted(roles), ARRAY(Text))
    levels = func.jsonb_path_query_array(Approval.levels, cast(EVERY_ROLE, JSONPATH), type_=JSONB)
    return or_(
        asks,
        exists().where(
            ApprovalVote.approval_id == Approval.id,
            or_(ApprovalVote.person_id == actor.id, ApprovalVote.counts_for == actor.id),
        ),
        Approval.roles_now.op("&&", is_comparison=True)(any_of),
        Approval.escalate_to.op("&&", is_comparison=True)(any_of),
        levels.op("?|", is_comparison=True)(any_of),
    )
