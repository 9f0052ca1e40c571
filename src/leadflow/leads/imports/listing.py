"""The imports of files that were done, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.database.tables import InboxRow
from leadflow.leads.files.storing.origins import source_of

SOURCE = "file"
STATUS = {"accepted": "interrupted", "done": "done", "failed": "failed", "undone": "undone"}
# Not against those who name the import in what they write, as a mended row does.
HELD = {"key_share": True}


class NoSuchImport(LookupError):
    """There is no import with this id."""

    def __init__(self, import_id: str) -> None:
        super().__init__(
            f"There is no import {import_id[:80]}. See those there are: leadflow imports list, or "
            "GET /imports"
        )


@dataclass(frozen=True)
class Import:
    """One import: its file, the source its mapping names, when, what came of its rows."""

    id: str
    file: str
    source: str
    at: datetime
    rows: int
    new: int
    updated: int
    set_aside: int
    status: str


def imports(session: Session, limit: int = 50) -> list[Import]:
    """The last imports."""
    wanted = select(InboxRow).where(InboxRow.source == SOURCE).order_by(InboxRow.id.desc())
    return [_listed(row) for row in session.scalars(wanted.limit(limit))]


def lock_import(session: Session, import_id: str) -> InboxRow:
    """The record of an import, held until this transaction ends.

    Raises:
        NoSuchImport: there is none.
    """
    row = session.get(InboxRow, import_id, with_for_update=HELD)
    if row is None or row.source != SOURCE:
        raise NoSuchImport(import_id)
    return row


def _listed(row: InboxRow) -> Import:
    result = row.result or {}
    rows, new, updated, aside = (
        int(result.get(name, 0)) for name in ("rows", "new", "updated", "set_aside")
    )
    file, status = str(result.get("file", "")), STATUS[row.status]
    return Import(row.id, file, source_of(row), row.received_at, rows, new, updated, aside, status)
