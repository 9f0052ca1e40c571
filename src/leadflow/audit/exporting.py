"""The head of the chain, written to a file outside the database: whoever sets the whole log back to
an earlier state, head and all, is found by it."""

import fcntl
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.audit.exported import ExportedHead, heads_file, read_heads
from leadflow.audit.head import FIND, Head, read_head
from leadflow.audit.restarts import restarts
from leadflow.audit.tables import AuditEntry
from leadflow.database.copying import driver_connection
from leadflow.settings import Settings


class LogSetBack(RuntimeError):
    """The log is not a continuation of what was exported before; ``leadflow audit verify`` says
    where it was changed."""


def export_head(session: Session, settings: Settings, now: datetime) -> ExportedHead | None:
    """Append the head to the file and see that it is on the disk; None while the log is empty.

    Raises:
        AuditLogBroken: the head is not sealed with this key.
        LogSetBack: the log does not go on from the head that was exported last, and no person has
            recorded why.
        HeadsUnreadable: the file was changed.
    """
    head = read_head(session)
    path = heads_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        path.chmod(0o600)
        earlier = read_heads(path)
        if earlier and not goes_on_from(earlier[-1], session):
            raise LogSetBack(_set_back(earlier[-1]))
        if head is None or head.number == 0:
            return None
        made = _sealed(head, now)
        _cut_unfinished(stream)
        stream.write(json.dumps(asdict(made)).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    return made


def goes_on_from(last: ExportedHead, session: Session) -> bool:
    """Whether the log holds the row of this head, or a person has recorded since that it does not
    (``resuming``)."""
    connection = driver_connection(session)
    head = connection.execute(FIND).fetchone()
    found = session.scalar(select(AuditEntry.entry_hash).where(AuditEntry.number == last.number))
    if found == last.entry_hash and head is not None and head[0] >= last.number:
        return True
    recorded = restarts(connection)
    return any(datetime.fromisoformat(last.at) <= one.at for one in recorded)


def _sealed(head: Head, now: datetime) -> ExportedHead:
    at = now.astimezone(UTC).isoformat(timespec="microseconds")
    mac = chain.seal_exported(chain.chain_key(), at, head.number, head.entry_hash)
    return ExportedHead(at, head.number, head.entry_hash, mac)


def _set_back(last: ExportedHead) -> str:
    return (
        f"The audit log does not go on from row {last.number:,}, which was its last at "
        f"{last.at}: it was set back or rewritten. `leadflow audit verify` says where. Where a "
        "backup was restored, or the store started anew on purpose, record it, and exports go on: "
        '`leadflow audit resume --why "what happened"`.'
    )


def _cut_unfinished(stream: BinaryIO) -> None:
    """Drop the end of a line whose writer died, so that the next line is one of its own."""
    stream.seek(0)
    stream.truncate(stream.read().rfind(b"\n") + 1)
