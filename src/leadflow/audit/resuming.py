"""Having the log go on after a break, because a person says so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.audit.entries import Entry, prepare
from leadflow.audit.exported import ExportedHead, heads_file, read_heads
from leadflow.audit.exporting import goes_on_from
from leadflow.audit.head import FIND, Head, is_sealed, sealed
from leadflow.audit.service import write_after
from leadflow.audit.tables import AuditEntry
from leadflow.database.copying import driver_connection
from leadflow.settings import Settings

LOST_HEAD = "INSERT INTO audit_head (is_head, number, entry_hash, mac) VALUES (true, %s, %s, %s)"
RESUMED, RESTORED, BEGUN = "audit.resumed", "store.restored", "audit.begun"


class NothingToResume(RuntimeError):
    """The head of the audit log is sound: the log goes on by itself."""


def resume(session: Session, settings: Settings, actor: str, why: str) -> AuditEntry:
    """Have the log go on after its head was lost or forged, or after the store was set back behind
    a head that was exported. The break stays in the chain for ever: the entry written here names
    none before it, and ``verify`` says so.

    Raises:
        NothingToResume: the head is sound and all that was exported is there, or nothing was ever
            written.
        HeadsUnreadable: the file of exported heads was changed.
    """
    connection = _stop_writers(session)
    found, last = _ends(connection)
    sound = is_sealed(found) if found else last is None
    beyond = last_lost(session, settings)
    if sound and beyond is None:
        raise NothingToResume(
            "The head of the audit log is sound, and the log goes on from what was exported: "
            "there is nothing to resume."
        )
    return _go_on(connection, Entry(actor, RESUMED, "audit_log", _lost(beyond), said=why), beyond)


def record_restore(
    session: Session, settings: Settings, actor: str, why: str, backup: Mapping[str, Any]
) -> AuditEntry:
    """Have the log of a restored store go on, with which backup it came from; ``verify`` shows the
    break for ever, whether or not anything was written after the backup.

    Raises:
        HeadsUnreadable: the file of exported heads was changed.
    """
    connection = _stop_writers(session)
    beyond = last_lost(session, settings)
    entry = Entry(actor, RESTORED, "store", {**backup, **_lost(beyond)}, said=why)
    return _go_on(connection, entry, beyond)


def last_lost(session: Session, settings: Settings) -> ExportedHead | None:
    """The head that was exported last, where the log does not go on from it: the store was set back
    behind it, and nobody has recorded that; else None.

    Raises:
        HeadsUnreadable: the file was changed.
    """
    path = heads_file(settings)
    earlier = read_heads(path) if path.exists() else []
    if not earlier or goes_on_from(earlier[-1], session):
        return None
    return earlier[-1]


def _stop_writers(session: Session) -> Connection[Any]:
    session.flush()
    connection = driver_connection(session)
    connection.execute("LOCK TABLE audit_head IN SHARE ROW EXCLUSIVE MODE")
    return connection


def _ends(connection: Connection[Any]) -> tuple[tuple[Any, ...] | None, int | None]:
    """The head as it is stored, and the last row."""
    found = connection.execute(FIND).fetchone()
    (last,) = connection.execute("SELECT max(number) FROM audit_log").fetchone() or (None,)
    return found, last


def _go_on(connection: Connection[Any], entry: Entry, beyond: ExportedHead | None) -> AuditEntry:
    found, last = _ends(connection)
    number = max(last or 0, found[0] if found else 0)
    if found is None:
        connection.execute(LOST_HEAD, sealed(Head(number, chain.RESUMED)))
    if number == 0:
        # So that the break is no log's first row: what is checked from it on takes the row's word
        # for the one before.
        begun = Entry(entry.actor, BEGUN, "audit_log")
        number = write_after(connection, Head(0, chain.FIRST), prepare(begun)).number
    before = Head(number, chain.RESUMED)
    at = datetime.now(UTC)
    if beyond is not None:
        # Not before what it leaves behind, whatever the clock of this machine says.
        at = max(at, datetime.fromisoformat(beyond.at))
    return write_after(connection, before, replace(prepare(entry), at=at))


def _lost(head: ExportedHead | None) -> dict[str, Any]:
    """What is known of the rows that are gone."""
    if head is None:
        return {}
    return {"exported_row": head.number, "exported_at": datetime.fromisoformat(head.at).isoformat()}
