"""Somebody leaves: what they have in work and to whom it would go, before it is done; and doing it.

Their leads go back to the pool, and the next sweep hands them out by the rules, as it does with the
leads of whoever is away.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.assignment.routing.rulebook import rulebook
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.cached_team import read_cached_team
from leadflow.assignment.team.edits import change_rep
from leadflow.assignment.work.next_best import NextBest
from leadflow.assignment.work.redistribution import redistribute
from leadflow.settings import Settings

MOST_LOOKED_AT = 200


@dataclass(frozen=True)
class Leaving:
    """``leads`` in work, ``touched`` of which they have talked to. ``to``: how many of those looked
    at (the first ``MOST_LOOKED_AT``) would go to whom, the most first; ``nobody``: how many of them
    nobody could take now."""

    leads: int
    touched: int
    looked_at: int
    to: tuple[tuple[str, int], ...]
    nobody: int


def look_at_leaving(session: Session, settings: Settings, rep_id: str, now: datetime) -> Leaving:
    """What would become of a salesperson's leads, as things stand now. Nothing is written."""
    theirs = (Assignment.rep_id == rep_id, Assignment.ended_at.is_(None))
    leads, touched = session.execute(
        select(func.count(), func.count(Assignment.first_touch_at)).where(*theirs)
    ).one()
    held = select(Assignment.lead_id, Assignment.rule_id).where(*theirs)
    rows = session.execute(held.order_by(Assignment.assigned_at).limit(MOST_LOOKED_AT)).all()
    book, present = rulebook(session, settings), read_cached_team(session, settings, now)
    best = NextBest(session, book, present, [row.lead_id for row in rows], now)
    without = frozenset([rep_id])
    chosen = [best.choose(row.lead_id, row.rule_id, without) for row in rows]
    given = Counter(rep for rep in chosen if rep is not None)
    return Leaving(leads, touched, len(rows), tuple(given.most_common()), chosen.count(None))


def leave(session: Session, settings: Settings, rep_id: str, by: str, now: datetime) -> int:
    """They take no more leads, and what they have goes back to the pool; how many leads that were.

    Raises:
        RepNotFound: there is no such salesperson.
        TeamInvalid: they are who gets what nobody else can take.
    """
    theirs = select(func.count()).where(Assignment.rep_id == rep_id, Assignment.ended_at.is_(None))
    before = session.scalar(theirs) or 0
    change_rep(session, rep_id, {"active": False}, by)
    redistribute(session, settings, now)
    return before - (session.scalar(theirs) or 0)
