"""How far each journal is read, in the store: who reads it now, what was kept, what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from leadflow.database.ids import new_id
from leadflow.outbox.backoff import delay
from leadflow.sources.accepting import Accepted, Arrival, accept
from leadflow.sources.journals.definitions import Journal
from leadflow.sources.journals.problems import ReadingFailed
from leadflow.sources.journals.progress import Place, Read
from leadflow.sources.tables import SourceJournal

# Longer than a page may take to come, so that whoever is slow is not taken for dead. One who was,
# and comes back, keeps nothing.
LEASE = timedelta(seconds=90)
LONGEST_BACK_OFF = timedelta(minutes=10)


class ClaimLost(RuntimeError):
    """A journal is another's to read by now, or is read no more; nothing was kept."""


@dataclass(frozen=True)
class Claim:
    """A journal that is this process's to read, and how far it has been read."""

    source: str
    token: str
    begins_at: datetime
    cursor: Place
    read: Read | None


def keep(
    session: Session, name: str, before: Journal | None, journal: Journal | None, now: datetime
) -> None:
    """Note that a source keeps this journal from now on, or none. Where another ``begin`` is said,
    it is read again from there; a change of anything else goes on from the cursor."""
    if journal is None:
        session.execute(delete(SourceJournal).where(SourceJournal.source == name))
        return
    row = session.get(SourceJournal, name, with_for_update=True, populate_existing=True)
    if row is None:
        begin = journal.begin or now
        row = SourceJournal(
            source=name, begins_at=begin, cursor_at=begin, next_at=now, cursor_id=""
        )
        session.add(row)
    elif before != journal:
        if journal.begin is not None and (before is None or before.begin != journal.begin):
            row.begins_at, row.cursor_at, row.cursor_id = journal.begin, journal.begin, ""
        _put_read(row, None)
        _let_go(row, now)
        _is_well(row)
        row.remark, row.remarked_at = None, None
    session.flush()


def look_soon(session: Session, name: str, now: datetime) -> None:
    """Have a journal read at once: it has another secret, and what failed before says nothing of
    it."""
    row = session.get(SourceJournal, name, with_for_update=True, populate_existing=True)
    if row is not None:
        _let_go(row, now)
        _is_well(row)


def claim(session: Session, now: datetime) -> Claim | None:
    """Take the journal that has been due for longest and that nobody reads; None: none is due."""
    free = or_(SourceJournal.claimed_until.is_(None), SourceJournal.claimed_until <= now)
    due = select(SourceJournal).where(SourceJournal.next_at <= now, free)
    first = due.order_by(SourceJournal.next_at, SourceJournal.source).limit(1)
    row = session.scalars(first.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    token = new_id("jcl")
    row.claim, row.claimed_until = token, now + LEASE
    session.flush()
    cursor = Place(row.cursor_at, row.cursor_id)
    return Claim(row.source, token, row.begins_at, cursor, _read(row))


def keep_page(
    session: Session,
    claimed: Claim,
    arrivals: Sequence[Arrival],
    cursor: Place,
    read: Read | None,
    now: datetime,
) -> list[Accepted]:
    """Keep what stood on a page, and how far that brings the journal, together; what became of
    each arrival.

    Raises:
        ClaimLost: another reads it by now.
    """
    row = _held(session, claimed)
    row.cursor_at, row.cursor_id = cursor.time, cursor.id
    _put_read(row, read)
    row.claimed_until = now + LEASE
    row.last_read_at = now
    session.flush()
    return accept(session, arrivals, now)


def note_failure(
    session: Session,
    claimed: Claim,
    error: ReadingFailed,
    read: Read | None,
    every: timedelta,
    now: datetime,
) -> None:
    """Note why a journal could not be read, and leave it alone for a while: as long as it asks, or
    ever longer.

    Raises:
        ClaimLost: another reads it by now.
    """
    row = _held(session, claimed)
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.problem, row.status = error.word, error.status
    _put_read(row, read)
    longest = max(LONGEST_BACK_OFF, every).total_seconds()
    own = delay(row.failures, first=max(5.0, every.total_seconds()), longest=longest)
    _let_go(row, now + (own if error.after is None else max(error.after, timedelta(seconds=1))))


def remark(session: Session, claimed: Claim, word: str, now: datetime) -> None:
    """Note what was odd about an item of a journal."""
    row = _held(session, claimed)
    row.remark, row.remarked_at = word, now


def release(session: Session, claimed: Claim, next_at: datetime) -> None:
    """Give a journal back, which was read without a failure; it is due again then. A page that was
    kept is no end of failing: the one after it may fail each time.

    Raises:
        ClaimLost: another reads it by now.
    """
    row = _held(session, claimed)
    _is_well(row)
    _let_go(row, next_at)


def _held(session: Session, claimed: Claim) -> SourceJournal:
    row = session.get(SourceJournal, claimed.source, with_for_update=True, populate_existing=True)
    if row is None or row.claim != claimed.token:
        raise ClaimLost(claimed.source)
    return row


def _is_well(row: SourceJournal) -> None:
    row.failures, row.failing_since, row.problem, row.status = 0, None, None, None


def _let_go(row: SourceJournal, next_at: datetime) -> None:
    row.claim, row.claimed_until, row.next_at = None, None, next_at


def _read(row: SourceJournal) -> Read | None:
    if row.since is None or row.until is None:
        return None
    furthest = None
    if row.furthest_at is not None and row.furthest_id is not None:
        furthest = Place(row.furthest_at, row.furthest_id)
    return Read(row.since, row.until, row.page, row.pages, furthest, row.in_order)


def _put_read(row: SourceJournal, read: Read | None) -> None:
    furthest = None if read is None else read.furthest
    row.since = None if read is None else read.since
    row.until = None if read is None else read.until
    row.page = None if read is None else read.page
    row.pages = 0 if read is None else read.pages
    row.in_order = None if read is None else read.in_order
    row.furthest_at = None if furthest is None else furthest.time
    row.furthest_id = None if furthest is None else furthest.id
