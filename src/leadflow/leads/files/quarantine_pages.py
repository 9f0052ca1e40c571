"""The rows of one import that were set aside, page by page, without their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.leads.tables import QuarantinedRow
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page

WAITING = "waiting"


@dataclass(frozen=True)
class RowListed:
    """A row that was set aside: its place in the file, and why. ``resolved_at``: when it was mended
    or given up."""

    id: str
    row_number: int
    status: str
    reasons: Sequence[dict[str, str]]
    resolved_at: datetime | None


def rows_of_import(
    session: Session, inbox_id: str | None, status: str = WAITING, wanted: Wanted = FIRST
) -> Page[RowListed]:
    """Those in this state, in the order of the file; of an import of which nothing is recorded,
    none."""
    row = QuarantinedRow
    columns = select(row.id, row.row_number, row.status, row.reasons, row.resolved_at)
    statement = columns.where(row.inbox_id == inbox_id, row.status == status)
    keys = (Key(row.row_number),)
    page = read_page(session, statement, keys, ("rows", inbox_id, status), wanted)
    return page.of(lambda found: RowListed(*found))


def next_waiting(session: Session, inbox_id: str, after: int) -> str | None:
    """The next row of an import that waits, behind this place in its file; None: there is none."""
    row = QuarantinedRow
    waiting = select(row.id).where(row.inbox_id == inbox_id, row.status == WAITING)
    behind = waiting.where(row.row_number > after).order_by(row.row_number).limit(1)
    return session.scalar(behind)
