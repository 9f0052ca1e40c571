"""How far a journal has been read: which stretch of time is asked for, and what a page makes of it.

All up to the cursor has been read. A read asks again for what lies shortly before it (the overlap),
as rows may become visible late, and takes nothing that is younger than the lag. It goes page by
page. Where pages come in the order of time, the cursor goes along with them; else it waits for the
last of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

# As far as the clock of a sender of webhooks may be from ours.
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, order=True)
class Place:
    """A place in a journal: a moment, and of what is of the same moment, an id."""

    time: datetime
    id: str = ""


@dataclass(frozen=True)
class Read:
    """A read that is under way, of what is no older than ``since`` and no younger than ``until``.

    ``page``: what leads to its next page; None: the first. ``furthest``: of what was taken.
    ``in_order``: whether pages come in the order of time; None: that cannot be told yet.
    """

    since: datetime
    until: datetime
    page: str | None = field(default=None, repr=False)
    pages: int = 0
    furthest: Place | None = None
    in_order: bool | None = None


def begun(
    cursor: datetime, begin: datetime, overlap: timedelta, lag: timedelta, now: datetime
) -> Read | None:
    """The read that begins now; None where all there could be is younger than the lag."""
    # A whole second, so that one that is asked by seconds is the same.
    until = (now - lag).replace(microsecond=0)
    since = max(begin, min(cursor, until) - overlap)
    return None if since > until else Read(since, until)


def belongs(
    time: datetime, read: Read, begin: datetime, now: datetime
) -> Literal["taken", "early", "late", "future"]:
    """Whether an item of this moment is taken by a read. What is ``late`` is of a later one; what
    is of the ``future`` would wait too long."""
    if time > now + CLOCKS_DIFFER:
        return "future"
    if time > read.until:
        return "late"
    return "early" if time < begin else "taken"


def after_page(
    cursor: Place, read: Read, taken: Sequence[Place], page: str | None
) -> tuple[Place, Read | None]:
    """The cursor, and the read, once these items of its next page are kept; ``page`` leads to the
    one after it. The read is None once it is over."""
    furthest = max([*([] if read.furthest is None else [read.furthest]), *taken], default=None)
    reached = [] if furthest is None else [furthest]
    if page is None:
        return max([cursor, Place(read.until), *reached]), None
    in_order = _in_order(read, taken)
    if in_order:
        cursor = max([cursor, *reached])
    elif in_order is False:
        # What lies before the cursor may stand on any later page.
        cursor = min(cursor, Place(read.since))
    further = replace(read, page=page, pages=read.pages + 1, furthest=furthest, in_order=in_order)
    return cursor, further


def given_up(read: Read) -> Read | None:
    """What is left of a read whose pages are gone: to begin anew where it began; None: to read on
    from the cursor, because that has gone along with its pages."""
    return None if read.in_order else Read(read.since, read.until)


def resumed(read: Read, lag: timedelta, now: datetime) -> Read:
    """A read that another turn left: at its next page; or anew, with what has come since."""
    if read.page is not None:
        return read
    return replace(read, until=max(read.until, (now - lag).replace(microsecond=0)))


def _in_order(read: Read, taken: Sequence[Place]) -> bool | None:
    before = [] if read.furthest is None else [read.furthest.time]
    times = [*before, *(place.time for place in taken)]
    if read.in_order is False or any(later < earlier for earlier, later in pairwise(times)):
        return False
    return True if times and times[0] < times[-1] else read.in_order
