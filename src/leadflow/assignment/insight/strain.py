"""Which salespeople have too much to do, or are late with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.assignment.offered import waits
from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.snapshot import read_team
from leadflow.assignment.team.store import rep_names

# From this share of the most they may have on, somebody is about full.
FULL = 0.9


@dataclass(frozen=True)
class Strained:
    """Somebody who is about full or late. ``limit``: most leads in work at once, None: any number;
    ``late``: so many leads wait for a first word that is overdue, the first ``since`` then;
    ``away``: today is a day off."""

    rep_id: str
    name: str
    load: int
    limit: int | None
    late: int
    since: datetime | None
    away: bool

    @property
    def full(self) -> bool:
        """Whether there is hardly room for another lead."""
        return self.limit is not None and self.load > 0 and self.load >= FULL * self.limit


def strained(
    session: Session, rep_ids: Collection[str] | None, now: datetime
) -> tuple[list[Strained], int]:
    """Of these salespeople (None: of all) who are active those that are late or about full, the
    latest first; and how many there are in all."""
    team = [
        rep
        for rep in read_team(session, now).reps
        if rep.active and (rep_ids is None or rep.rep_id in rep_ids)
    ]
    late = _late(session, [rep.rep_id for rep in team], now)
    names = rep_names(session)
    told = [_told(rep, names[rep.rep_id], late.get(rep.rep_id), now) for rep in team]
    found = [one for one in told if one.late or one.full]
    return sorted(found, key=lambda one: (-one.late, -one.load, one.name.casefold())), len(team)


def _told(
    rep: RepSnapshot, name: str, late: tuple[int, datetime] | None, now: datetime
) -> Strained:
    count, since = late or (0, None)
    away = rep.calendar is not None and rep.calendar.away(now)
    return Strained(rep.rep_id, name, rep.load, rep.limit, count, since, away)


def _late(
    session: Session, rep_ids: Collection[str], now: datetime
) -> dict[str, tuple[int, datetime]]:
    """How many first words of each are overdue, and since when the first."""
    query = (
        select(Assignment.rep_id, func.count(), func.min(Assignment.due_at))
        .where(waits(), Assignment.due_at <= now, Assignment.rep_id.in_(rep_ids))
        .group_by(Assignment.rep_id)
    )
    found = session.execute(query).tuples()
    return {rep_id: (count, since) for rep_id, count, since in found if since is not None}
