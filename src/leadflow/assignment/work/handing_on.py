"""What a salesperson has in work goes to one colleague, all of it or what is chosen: each lead as a
person gives it by hand, and the colleague is told once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.accounts.delegation import Requester
from leadflow.assignment.notices import Notice, tell
from leadflow.assignment.tables import Assignment, Rep, RepLoad
from leadflow.assignment.work.handover import AssignmentChanged, RepFull, RepInactive, find_rep
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said
from leadflow.leads.service import LeadMerged, LeadNotFound
from leadflow.settings import Settings

# At a time; what is left is handed on by doing it again.
MOST = 500


class SameRep(ValueError):
    """The colleague is who has the leads."""

    def __init__(self) -> None:
        super().__init__("They have these leads already. Choose somebody else.")


@dataclass(frozen=True)
class HandedOn:
    """How many leads are theirs now, wait for somebody's approval, found no room, and were with
    somebody else meanwhile."""

    given: int = 0
    waiting: int = 0
    no_room: int = 0
    gone: int = 0


def in_work(session: Session, rep_id: str, most: int = MOST) -> tuple[list[Assignment], int]:
    """What a salesperson has, those first that are likeliest to buy; and how many there are."""
    theirs = (Assignment.rep_id == rep_id, Assignment.ended_at.is_(None))
    likeliest = Assignment.probability.desc().nulls_last()
    held = select(Assignment).where(*theirs).order_by(likeliest, Assignment.id).limit(most)
    found = list(session.scalars(held))
    if len(found) < most:
        return found, len(found)
    return found, session.scalar(select(func.count()).where(*theirs)) or 0


def room_of(session: Session, rep: Rep) -> int | None:
    """How many more leads somebody may have; None: any number."""
    if rep.capacity is None:
        return None
    load = session.get(RepLoad, rep.id)
    return max(0, rep.capacity - (0 if load is None else load.open_leads))


def find_colleague(session: Session, rep_id: str, named: str) -> Rep:
    """Who is to have somebody's leads.

    Raises:
        RepNotFound: there is no such salesperson.
        RepInactive: they take no leads.
        SameRep: they have the leads themselves.
    """
    colleague = find_rep(session, named)
    if colleague.id == rep_id:
        raise SameRep
    if not colleague.active:
        raise RepInactive(colleague.name)
    return colleague


def hand_on(
    session: Session,
    settings: Settings,
    rep_id: str,
    to: str,
    lead_ids: Sequence[str] | None,
    by: Requester,
    why: str,
    now: datetime,
) -> HandedOn:
    """Give these of somebody's leads, or all (None), to a colleague; at most ``MOST`` at a time,
    the likeliest to buy first. A policy may ask somebody about each; the lead stays where it is
    until then.

    Raises:
        RepNotFound, RepInactive, SameRep: see ``find_colleague``.
    """
    colleague = find_colleague(session, rep_id, to)
    if lead_ids is None:
        lead_ids = [made.lead_id for made in in_work(session, rep_id)[0]]
    said = Said(by.id, now, believed=rep_id)
    given: list[str] = []
    waiting = no_room = gone = 0
    for lead_id in lead_ids[:MOST]:
        try:
            with session.begin_nested():
                came = ask_or_reassign(session, settings, lead_id, by, said, colleague.id, why)
        except RepFull:
            no_room += 1
            continue
        except (AssignmentChanged, LeadNotFound, LeadMerged):
            gone += 1
            continue
        if isinstance(came, Assignment):
            given.append(lead_id)
        else:
            waiting += 1
    occasion = f"handed_on:{rep_id}:{now.isoformat()}"
    tell(session, [Notice("handed_on", colleague.id, "rep", given, occasion)])
    return HandedOn(len(given), waiting, no_room, gone)
