"""The months of message events: each is a partition, made in time, and dropped as a whole."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_MAKE = text("SELECT message_events_month(:at)")
_FORGET = text("SELECT message_events_forget(:before)")
_IN_TIME = text("SET LOCAL lock_timeout = '5s'")


def make_month(session: Session, at: datetime) -> None:
    """Have a place for what is noted in the month of this moment, where there is none yet."""
    session.execute(_MAKE, {"at": at})


def keep_months(session: Session, now: datetime, kept: int) -> int:
    """Make the next month, and drop all that ended ``kept`` whole months ago and more; how many.

    Raises:
        OperationalError: messages are being written all the time; the next time will do.
    """
    session.execute(_IN_TIME)
    make_month(session, now)
    make_month(session, _month(now, 1))
    return int(session.scalar(_FORGET, {"before": _month(now, -kept)}) or 0)


def _month(now: datetime, later: int) -> datetime:
    """The beginning of the month so many months later."""
    months = now.year * 12 + now.month - 1 + later
    return now.replace(
        year=months // 12, month=months % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
