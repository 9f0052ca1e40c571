"""What came of leads, kept for some minutes: it is read from months of assignments, and a page that
people look at many times a day need not count them each time."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.insight.team_figures import TeamFigures, team_figures
from leadflow.assignment.team.tables import TeamVersion
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings

KEPT = timedelta(minutes=10)
_lock = threading.Lock()
# By when the first team of this store was written.
_kept: dict[datetime, TeamFigures] = {}


def recent_figures(session: Session, settings: Settings, now: datetime) -> TeamFigures:
    """Those of the last minutes. Older ones are given once more while they are counted anew beside;
    where there are none, this waits for them."""
    stored = select(TeamVersion.created_at).order_by(TeamVersion.version).limit(1)
    since = session.scalar(stored)
    if since is None:
        return team_figures(session, settings, now)
    found = _kept.get(since)
    if found is None:
        with _lock:
            return _kept.get(since) or _count(session, settings, since, now)
    if found.counted_at + KEPT < now and _lock.acquire(blocking=False):
        threading.Thread(target=_anew, args=(settings, since, now), daemon=True).start()
    return found


def _anew(settings: Settings, since: datetime, now: datetime) -> None:
    """Count them with the lock, which whoever began this has taken."""
    try:
        with unit_of_work() as session:
            _count(session, settings, since, now)
    finally:
        _lock.release()


def _count(session: Session, settings: Settings, since: datetime, now: datetime) -> TeamFigures:
    found = team_figures(session, settings, now)
    _kept.clear()
    _kept[since] = found
    return found
