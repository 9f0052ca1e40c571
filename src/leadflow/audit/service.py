"""Writing to the audit log, and reading what was done to one thing."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit.entries import COLUMNS, Entry, Prepared, chained, prepare, prepare_many
from leadflow.audit.head import Head, sealed, take_turn
from leadflow.audit.masking import masked
from leadflow.audit.reasons import FORGOT, forget, keep, kept_about
from leadflow.audit.tables import AuditEntry
from leadflow.database.copying import copy_rows, driver_connection

MOVE_HEAD = "UPDATE audit_head SET number = %s, entry_hash = %s, mac = %s"
INSERT = """
WITH written AS (
    INSERT INTO audit_log (number, at, actor, action, subject, why, origin, request_id,
        detail, before, after, previous_hash, entry_hash)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s, %s)
)
UPDATE audit_head SET number = %s, entry_hash = %s, mac = %s
"""


def record(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    why: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    said: str | None = None,
) -> AuditEntry:
    """Append one entry, and return a copy of it.

    Writers take turns until their transactions end, so call it last. ``said`` is the reason a
    person gave: the log holds its hash (see ``reasons``). ``why`` is one in Leadflow's own words;
    ``detail``, ``before`` and ``after`` carry ids and figures.

    Raises:
        AuditLogBroken: nothing can be written after this head.
    """
    prepared = prepare(Entry(actor, action, subject, detail, why, before, after, said))
    # What the caller has not written yet is written before the turn is taken: turns are short.
    session.flush()
    connection = driver_connection(session)
    return write_after(connection, take_turn(connection), prepared)


def record_many(session: Session, entries: Iterable[Entry]) -> int:
    """Append many entries in their order, in one turn and two round trips; returns how many.

    Raises:
        AuditLogBroken: nothing can be written after this head.
    """
    return append(session, prepare_many(entries))


def append(session: Session, prepared: Sequence[Prepared]) -> int:
    """The same for entries that are prepared.

    Raises:
        AuditLogBroken: nothing can be written after this head.
    """
    if not prepared:
        return 0
    session.flush()
    connection = driver_connection(session)
    rows = list(chained(take_turn(connection), datetime.now(UTC), prepared))
    copy_rows(session, "audit_log", COLUMNS, rows)
    keep(connection, (made.reason for made in prepared if made.reason))
    number, *_, last_hash = rows[-1]
    connection.execute(MOVE_HEAD, sealed(Head(number, last_hash)))
    return len(rows)


def first_broken(session: Session) -> int | None:
    """The number of the first entry that is not as it was written, or None."""
    from leadflow.audit.verification import verify

    broken = verify(session).broken
    return None if broken is None else broken.number


def history(session: Session, subject: str, limit: int) -> Sequence[AuditEntry]:
    """The last so many things done to one thing, newest last by when they were done. An id is found
    with and without its kind before it: ``lead_0199…`` and ``lead/lead_0199…``."""
    newest = (
        select(AuditEntry)
        .where(AuditEntry.subject.in_(_names(subject)))
        .order_by(AuditEntry.number.desc())
        .limit(limit)
    )
    return sorted(session.scalars(newest), key=lambda entry: (entry.at, entry.number))


def reasons_about(session: Session, subjects: Iterable[str]) -> list[str]:
    """The ids of the reasons that are kept about these things."""
    return kept_about(session, {name for subject in subjects for name in _names(subject)})


def forget_reasons(session: Session, actor: str, subjects: Iterable[str], said: str) -> int:
    """Delete the words of every reason given about these things, and say in the log that they were;
    the acts themselves stay. ``said`` is why; it is kept. Returns how many reasons."""
    gone = forget(session, {name for subject in subjects for name in _names(subject)})
    for name, count in gone.items():
        record(session, actor, FORGOT, name, {"reasons": count}, said=said)
    return sum(gone.values())


def _names(subject: str) -> set[str]:
    """One thing may be in the log with and without its kind before its id."""
    subject = masked(subject)
    kind, _, bare = subject.rpartition("/")
    names = {subject, bare} if kind and bare.startswith(f"{kind}_") else {subject}
    if not kind and "_" in subject:
        names.add(f"{subject.partition('_')[0]}/{subject}")
    return names


def write_after(connection: Connection[Any], head: Head, prepared: Prepared) -> AuditEntry:
    """Write one entry after this head, and move the head; the caller has the writers' turn."""
    (row,) = chained(head, datetime.now(UTC), [prepared])
    number, *_, own_hash = row
    connection.execute(INSERT, (*row, *sealed(Head(number, own_hash))))
    if prepared.reason is not None:
        keep(connection, [prepared.reason])
    named = dict(zip(COLUMNS, row, strict=True))
    for name in ("detail", "before", "after"):
        named[name] = None if named[name] is None else json.loads(named[name])
    return AuditEntry(**named)
