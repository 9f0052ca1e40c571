"""Whether a caller's reach (own, team, unassigned) covers a lead or a salesperson."""

from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, false, not_, or_, select, true
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.offered import offered_to
from leadflow.assignment.tables import Assignment, Rep, Team
from leadflow.leads.tables import Lead


def reps_within(session: Session, rep_id: str | None, reach: Reach) -> frozenset[str] | None:
    """Ids of the salespeople within reach; None: everybody. A team's lead and manager reach all who
    are in it; whoever is not in the sales team reaches nobody."""
    if reach is Reach.ALL:
        return None
    if rep_id is None:
        return frozenset()
    own = frozenset([rep_id])
    if reach is Reach.OWN:
        return own
    return own | frozenset(session.scalars(_led(), {"leader": rep_id}))


@lru_cache(maxsize=1)
def _led() -> Select[tuple[str]]:
    """Who is in a team that the leader leads or manages; put together once."""
    leader = bindparam("leader", type_=Text())
    led = or_(Team.lead_rep_id == leader, Team.manager_rep_id == leader)
    return select(Rep.id).join(Team, Team.id == Rep.team_id).where(led)


def reaches_rep(session: Session, rep_id: str | None, reach: Reach, named: str) -> bool:
    """Whether a salesperson, by our id or theirs, is within reach."""
    within = reps_within(session, rep_id, reach)
    if within is None:
        return True
    called: ColumnElement[bool] = or_(Rep.id == named, Rep.external_id == named)
    found = session.scalars(select(Rep.id).where(called)).first()
    return found in within


def leads_within(
    session: Session, rep_id: str | None, reach: Reach, lead_ids: Collection[str]
) -> frozenset[str]:
    """Those of these leads that exist and are within reach: somebody's there, or nobody's."""
    held = and_(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
    statement = select(Lead.id).outerjoin(Assignment, held)
    mine = leads_of(session, rep_id, reach)
    return frozenset(session.scalars(statement.where(Lead.id.in_(lead_ids), mine)))


def leads_beyond(
    session: Session, rep_id: str | None, reach: Reach, lead_ids: Collection[str]
) -> frozenset[str]:
    """Those of these leads that exist and are beyond reach: others have them."""
    held = and_(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
    statement = select(Lead.id).outerjoin(Assignment, held)
    others = not_(leads_of(session, rep_id, reach))
    return frozenset(session.scalars(statement.where(Lead.id.in_(lead_ids), others)))


def leads_of(session: Session, rep_id: str | None, reach: Reach) -> ColumnElement[bool]:
    """The condition that a lead is within reach, for a statement that joins its active assignment
    from outside: somebody's there, nobody's, or offered to the caller."""
    within = reps_within(session, rep_id, reach)
    if within is None:
        return true()
    offered = false() if rep_id is None else offered_to(rep_id)
    return or_(Assignment.rep_id.is_(None), Assignment.rep_id.in_(within), offered)


@lru_cache(maxsize=1)
def _held() -> Select[tuple[str, bool]]:
    """Who has the lead, and whether it is offered to the reader; put together once."""
    offered = offered_to(bindparam("reader", type_=Text()))
    of_lead = Assignment.lead_id == bindparam("lead", type_=Text())
    return select(Assignment.rep_id, offered).where(of_lead, Assignment.ended_at.is_(None))


def reaches_lead(session: Session, rep_id: str | None, reach: Reach, lead_id: str) -> bool:
    """Whether a lead is within reach: somebody's there, nobody's, or offered to the caller. A lead
    that does not exist is, so that the answer says so."""
    within = reps_within(session, rep_id, reach)
    if within is None or session.get(Lead, lead_id) is None:
        return True
    held = session.execute(_held(), {"lead": lead_id, "reader": rep_id}).first()
    return held is None or held[0] in within or bool(held[1])
