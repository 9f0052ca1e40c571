"""The head of the chain, written to a file outside the database: whoever sets the whole log back to
an earlier state, head and all, is found by it."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.audit.head import Head, read_head
from leadflow.audit.tables import AuditEntry
from leadflow.settings import Settings


class HeadsUnreadable(RuntimeError):
    """A file of exported heads is missing, or holds what was not exported with this secret key."""


class LogSetBack(RuntimeError):
    """The log is not a continuation of what was exported before; ``leadflow audit verify`` says
    where it was changed."""


@dataclass(frozen=True)
class ExportedHead:
    """One line of the file: the moment (ISO 8601), the last row then, its hash, and the seal."""

    at: str
    number: int
    entry_hash: str
    mac: str


def heads_file(settings: Settings) -> Path:
    """Where heads are exported to."""
    return (settings.audit_folder or settings.home / "audit") / "heads.jsonl"


def export_head(session: Session, settings: Settings, now: datetime) -> ExportedHead | None:
    """Append the head to the file and see that it is on the disk; None while the log is empty.

    Raises:
        AuditLogBroken: the head is not sealed with this key.
        LogSetBack: the log does not go on from the head that was exported last.
        HeadsUnreadable: the file was changed.
    """
    head = read_head(session)
    path = heads_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        path.chmod(0o600)
        earlier = read_heads(path)
        if earlier:
            _must_go_on_from(earlier[-1], session, head, path)
        if head is None or head.number == 0:
            return None
        made = _sealed(head, now)
        _cut_unfinished(stream)
        stream.write(json.dumps(asdict(made)).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    return made


def read_heads(path: Path) -> list[ExportedHead]:
    """Every head of a file, in its order. A last line that was not finished is none.

    Raises:
        HeadsUnreadable: there is no such file, or a line was not exported with this secret key.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise HeadsUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    heads = []
    for number, line in enumerate(lines, 1):
        head = _parse(line)
        if head is None:
            raise HeadsUnreadable(
                f"Line {number} of {path} was not exported by this installation: it was changed, "
                "or another secret key is in use now."
            )
        heads.append(head)
    return heads


def _parse(line: bytes) -> ExportedHead | None:
    try:
        head = ExportedHead(**json.loads(line))
        mac = chain.seal_exported(chain.chain_key(), head.at, head.number, head.entry_hash)
    except (ValueError, TypeError):
        return None
    return head if mac == head.mac else None


def _sealed(head: Head, now: datetime) -> ExportedHead:
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    mac = chain.seal_exported(chain.chain_key(), at, head.number, head.entry_hash)
    return ExportedHead(at, head.number, head.entry_hash, mac)


def _must_go_on_from(last: ExportedHead, session: Session, head: Head | None, path: Path) -> None:
    found = session.scalar(select(AuditEntry.entry_hash).where(AuditEntry.number == last.number))
    if found != last.entry_hash or head is None or head.number < last.number:
        raise LogSetBack(
            f"The audit log does not go on from row {last.number:,}, which was its last at "
            f"{last.at}: it was set back or rewritten. `leadflow audit verify` says where. Where "
            f"the store was started anew on purpose, move {path} away and keep it."
        )


def _cut_unfinished(stream: BinaryIO) -> None:
    """Drop the end of a line whose writer died, so that the next line is one of its own."""
    stream.seek(0)
    stream.truncate(stream.read().rfind(b"\n") + 1)
