"""The months of messages: each is a partition, made in time, and dropped as a whole once nothing in
it is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from leadflow.campaigns.tables import CampaignMessage
from leadflow.database.ids import first_id, new_id

OPEN = ("planned", "claimed", "uncertain")
_MAKE = text("SELECT campaign_messages_month(:id)")
_FORGET = text("SELECT month, still_open FROM campaign_messages_forget(:before)")
_IN_TIME = text("SET LOCAL lock_timeout = '5s'")
_DAYS_TO_THE_NEXT = 32


@dataclass(frozen=True)
class Kept:
    """Months that were dropped, and those that are past their time and have open messages, with how
    many: each as ``YYYYMM``."""

    dropped: tuple[str, ...]
    held_up: dict[str, int]


def make_month(session: Session) -> None:
    """Have a place for messages that are planned now, where there is none yet."""
    session.execute(_MAKE, {"id": new_id("msg")})


def keep_months(session: Session, now: datetime, before: datetime) -> Kept:
    """Make the next month, and drop all that ended before a moment, without those in which a
    message is open. What came back of messages goes with them; counts stay.

    Raises:
        OperationalError: messages are being written all the time; the next time will do.
    """
    session.execute(_IN_TIME)
    for month in (now, next_month(now)):
        session.execute(_MAKE, {"id": first_id("msg", month)})
    found = {
        str(month)[-6:]: int(open_)
        for month, open_ in session.execute(_FORGET, {"before": before}).tuples()
    }
    dropped = tuple(month for month, open_ in found.items() if not open_)
    return Kept(dropped, {month: open_ for month, open_ in found.items() if open_})


def held_up(session: Session, before: datetime) -> tuple[int, datetime | None]:
    """How many messages are open of months that ended before a moment, and since when the oldest is
    due."""
    month = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    # Said one by one, each is found by an index of its own.
    open_ = or_(*(CampaignMessage.status == one for one in OPEN))
    asked = select(func.count(), func.min(CampaignMessage.due_at)).where(
        CampaignMessage.id < first_id("msg", month), open_
    )
    found = session.execute(asked).one()
    return found[0], found[1]


def next_month(now: datetime) -> datetime:
    """The beginning of the month after this one."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    later = first + timedelta(days=_DAYS_TO_THE_NEXT)
    return later.replace(day=1)
