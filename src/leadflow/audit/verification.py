"""Reading the whole chain and saying where it is broken, in plain words."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from psycopg import Connection
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.audit.exported import ExportedHead
from leadflow.audit.head import FIND, is_sealed
from leadflow.audit.reasons import FORGOT, is_unchanged
from leadflow.audit.restarts import restarts, still_to_be_found
from leadflow.database.copying import driver_connection
from leadflow.database.engine import get_engine

READ_AT_A_TIME = 5_000
LOWEST = -(2**63)  # rows before the first are looked for too
# JSON as text and the timestamp as its eight bytes: what is there, whatever it was changed to.
ROWS = """
SELECT number, timestamptz_send(at), actor, action, subject, why, origin, request_id,
    detail::text, before::text, after::text, previous_hash, entry_hash
FROM audit_log WHERE number >= %s ORDER BY number
"""
LAST = "SELECT max(number) FROM audit_log"
REASONS = "SELECT id, subject, words FROM audit_reasons"
NAMED_BY = "SELECT min(number) FROM audit_log WHERE starts_with(why, 'said:') AND why = %s"
REASON_GONE = """
SELECT min(log.number) FROM audit_log log
WHERE starts_with(log.why, 'said:') AND log.number >= %s
    AND NOT EXISTS (SELECT FROM audit_reasons WHERE id = log.why)
    AND NOT EXISTS (
        SELECT FROM audit_log forgot
        WHERE forgot.subject = log.subject AND forgot.number > log.number AND forgot.action = %s
    )
"""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Broken:
    """The first row that is not as it was written, and what is wrong with it."""

    number: int
    what: str


class BeyondTheEnd(ValueError):
    """The row to begin with is not written yet, so there would be nothing to check."""

    def __init__(self, since: int, last: int) -> None:
        end = f"its last row is row {last:,}" if last else "it is empty"
        super().__init__(
            f"The log has no row {since:,} to begin with: {end}. Nothing was checked. "
            "Check it from its first row: leadflow audit verify"
        )


@dataclass(frozen=True)
class Report:
    """What was found: rows read up to the first broken one, the last row's number and hash, how
    many exported heads lay on the way, and what is broken."""

    rows: int
    number: int
    last_hash: str
    compared: int
    broken: Broken | None


@contextmanager
def snapshot(engine: Engine | None = None) -> Iterator[Session]:
    """A session that sees one moment of the store, while others go on writing."""
    own = engine or get_engine()
    with own.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.begin()
        with Session(connection) as session:
            yield session


def verify(session: Session, exported: Sequence[ExportedHead] = (), since: int = 1) -> Report:
    """Check every row of the log, its head, the heads that were exported, and the reasons given.

    Where others write meanwhile, the session must be a ``snapshot``. Memory does not grow with the
    log: rows come some thousands at a time.

    Args:
        since: the first row to check; earlier ones, and that it follows from them, are not checked.
            Nor are heads of rows that were left behind where the log went on at or before it.

    Raises:
        BeyondTheEnd: there is no such row: neither in the log, nor by its head or an exported one.
    """
    connection = driver_connection(session)
    head = connection.execute(FIND).fetchone()
    _refuse_beyond_the_end(connection, head, exported, since)
    since = since if head is None else max(1, min(since, head[0]))
    earlier = [one for one in restarts(connection) if one.number <= since] if since > 1 else []
    exported = still_to_be_found(exported, earlier)
    with connection.cursor(name="audit_rows") as rows:
        rows.itersize = READ_AT_A_TIME
        rows.execute(ROWS, (since if since > 1 else LOWEST,), binary=True)
        report = check(rows, head, exported, since)
    if report.broken is not None:
        return report
    return replace(report, broken=_reasons(connection, report.number, since))


def _refuse_beyond_the_end(
    connection: Connection[Any], head: Row | None, exported: Sequence[ExportedHead], since: int
) -> None:
    (written,) = connection.execute(LAST).fetchone() or (None,)
    named = [one.number for one in exported]
    last = max(written or 0, 0 if head is None else head[0], *named, 0)
    if since > max(last, 1):
        raise BeyondTheEnd(since, last)


def check(
    rows: Iterable[Row], head: Row | None, exported: Sequence[ExportedHead] = (), since: int = 1
) -> Report:
    """The same for rows in the order of their numbers.

    Args:
        rows: as ``ROWS`` reads them.
        head: number, hash and seal of the head beside the chain; None where there is none.
    """
    named: dict[int, list[ExportedHead]] = {}
    for one in exported:
        named.setdefault(one.number, []).append(one)
    compared = 0
    walk = _Walk(since)
    for row in rows:
        broken = walk.step(row)
        for one in named.get(walk.number, ()) if broken is None else ():
            compared += 1
            if one.entry_hash != walk.last_hash:
                broken = broken or Broken(walk.number, _rewritten(one))
        if broken is not None:
            return walk.report(compared, broken)
    beyond = [one for one in exported if one.number > walk.number]
    broken = _cut(walk, max(beyond, key=attrgetter("number"))) if beyond else _tail(walk, head)
    return walk.report(compared + len(beyond), broken)


class _Walk:
    """Along the chain, row by row."""

    def __init__(self, since: int) -> None:
        self._key = chain.chain_key()
        self._trusted = since > 1  # the first row's word for the one before it is taken
        self.rows = 0
        self.number = since - 1
        self.last_hash = chain.FIRST

    def step(self, row: Row) -> Broken | None:
        """Go on to this row; what is wrong with it, if anything."""
        number, moment, *_, previous, own = row
        expected = self.number + 1
        self.rows += 1
        if number != expected:
            return _out_of_line(number, expected)
        if self._trusted:
            self.last_hash, self._trusted = previous, False
        if previous != self.last_hash:
            return Broken(number, _not_following(previous, row[3]))
        if not self._is_own_hash(row, moment):
            hint = ", or it was written with another secret key" if self.rows == 1 else ""
            return Broken(number, f"it is not as it was written: a column was changed{hint}")
        self.number, self.last_hash = number, own
        return None

    def report(self, compared: int, broken: Broken | None) -> Report:
        return Report(self.rows, self.number, self.last_hash, compared, broken)

    def _is_own_hash(self, row: Row, eight_bytes: bytes) -> bool:
        number, own, texts, values = row[0], row[12], row[2:8], row[8:11]
        try:
            moment = int.from_bytes(eight_bytes, "big", signed=True)
            content = chain.content_of(texts, values)
            if own == chain.entry_hash(self._key, number, moment, self.last_hash, content):
                return True
            if any(value is not None for value in (*row[5:8], *row[9:11])):
                return False
            earlier = chain.earlier_hash(self._key, number, moment, self.last_hash, texts, row[8])
            return bool(own == earlier)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False


def _reasons(connection: Connection[Any], last: int, since: int) -> Broken | None:
    """Whether each reason is the one its row was written with, and none is gone unasked."""
    with connection.cursor(name="audit_reasons") as reasons:
        reasons.itersize = READ_AT_A_TIME
        reasons.execute(REASONS)
        changed = [own for own, subject, words in reasons if not is_unchanged(own, subject, words)]
    for own in changed:
        (number,) = connection.execute(NAMED_BY, [own]).fetchone() or (None,)
        if number is not None:
            return Broken(number, "the reason that was given was changed, or does not open")
    if changed:
        return Broken(last, "a reason was put beside the log that none of its rows names")
    (number,) = connection.execute(REASON_GONE, [since, FORGOT]).fetchone() or (None,)
    if number is not None:
        return Broken(number, "the reason that was given was deleted, and not by forgetting it")
    return None


def _out_of_line(number: int, expected: int) -> Broken:
    if number < expected:
        return Broken(number, "it was put in: its number stands twice, or before the first")
    return Broken(expected, f"{_span(expected, number - 1)} missing: deleted")


def _not_following(previous: object, action: object) -> str:
    if previous == chain.RESUMED and action == "store.restored":
        return (
            "a backup was restored here, as this row says; what was written between the backup and "
            "this row is not in the log"
        )
    if previous == chain.RESUMED:
        return (
            "the log was resumed here, after its head was lost or forged or the store was set back"
        )
    return "it does not follow from the row before: it was put in, changed, or swapped with another"


def _rewritten(head: ExportedHead) -> str:
    return f"it is not the row whose hash was exported at {head.at}: the log was rewritten"


def _cut(walk: _Walk, head: ExportedHead) -> Broken:
    span = _span(walk.number + 1, head.number)
    what = f"missing at the end: the head exported at {head.at} is row {head.number:,}"
    return Broken(walk.number + 1, f"{span} {what}")


def _tail(walk: _Walk, head: Row | None) -> Broken | None:
    """Whether the chain ends where the head beside it says."""
    if head is None:
        if walk.number == 0:
            return None
        what = "the head beside the log is missing: rows after this one may be missing too"
        return Broken(walk.number, what)
    number, last_hash, _ = head
    if not is_sealed(head):
        what = "the head beside the log was changed, or written with another secret key"
        return Broken(walk.number, f"{what}: rows after this one may be missing")
    if number > walk.number:
        what = f"missing at the end: the head is row {number:,}"
        return Broken(walk.number + 1, f"{_span(walk.number + 1, number)} {what}")
    if number < walk.number:
        what = f"it stands after the head (row {number:,}), which was set back"
        return Broken(number + 1, what)
    if last_hash != walk.last_hash:
        return Broken(number, "it is not the row that the head names")
    return None


def _span(first: int, last: int) -> str:
    return f"row {first:,} is" if first == last else f"rows {first:,} to {last:,} are"
