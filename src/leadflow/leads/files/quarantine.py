"""Rows of files that failed their checks: kept encrypted, shown, mended, tried again, discarded."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.database.ids import new_id
from leadflow.database.tables import InboxRow
from leadflow.leads.files.checking import Checked, check
from leadflow.leads.files.formats.tables_of_text import BROKEN, LINE, REST, Row
from leadflow.leads.files.mapping import Mapping, parse_mapping
from leadflow.leads.files.parsing import Context
from leadflow.leads.files.storing.origins import earlier_imports, origin_of
from leadflow.leads.files.storing.staging import Stored
from leadflow.leads.said import Origin
from leadflow.leads.tables import QuarantinedRow

if TYPE_CHECKING:
    import pandas as pd

BATCH = 5000
ACTOR = "leadflow quarantine"
# What takes checked rows in: a frame of them, where they are from, and now.
Store = Callable[[Session, "pd.DataFrame", Origin, datetime], Stored]


class QuarantineError(ValueError):
    """What was asked of a quarantined row cannot be done; the message says what can."""


class RowNotFound(QuarantineError):
    """There is no such row."""


class RowElsewhere(QuarantineError):
    """The row does not wait any more."""


@dataclass(frozen=True)
class SetAside:
    """A row set aside, as it is shown: ``content`` is personal data. ``inbox_id`` is the record of
    its import; ``columns`` are those that its mapping reads, by what each is."""

    id: str
    file: str
    row_number: int
    status: str
    reasons: list[dict[str, str]]
    content: Row
    inbox_id: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Retried:
    """How many rows are stored now, and how many still fail."""

    stored: int
    waiting: int


def set_aside(
    session: Session,
    inbox_id: str,
    first_number: int,
    rows: Sequence[Row],
    checked: Checked,
    mapping: Mapping,
) -> None:
    """Keep the failing rows of a batch. Columns the mapping ignores are left out here too."""
    values = [
        {
            "id": new_id("row"),
            "inbox_id": inbox_id,
            "row_number": first_number + position + 1,
            "row": {k: v for k, v in rows[position].items() if k not in mapping.ignore},
            "reasons": reasons,
            "outcome": checked.ends.get(position),
            "status": "waiting",
        }
        for position, reasons in checked.failing.items()
    ]
    if values:
        session.execute(insert(QuarantinedRow), values)


def waiting_rows(session: Session, limit: int = 50) -> list[SetAside]:
    """The first rows that wait to be mended, by file and row number."""
    statement = (
        select(QuarantinedRow, InboxRow)
        .join(InboxRow, InboxRow.id == QuarantinedRow.inbox_id)
        .where(QuarantinedRow.status == "waiting")
        .order_by(InboxRow.received_at, QuarantinedRow.row_number)
        .limit(limit)
    )
    return [_opened(row, inbox) for row, inbox in session.execute(statement).tuples()]


def get_row(session: Session, row_id: str) -> SetAside:
    """One row with its content.

    Raises:
        QuarantineError: there is no such row.
    """
    row = _get(session, row_id)
    return _opened(row, session.get_one(InboxRow, row.inbox_id))


def mend(
    session: Session,
    row_id: str,
    changes: dict[str, str],
    now: datetime,
    currency: str,
    store: Store,
    actor: str = ACTOR,
) -> SetAside:
    """Change values of a row, named by column or by Leadflow's field, and check it again.

    Stored, by ``store``, if it passes now, else it goes on waiting with the reasons that are left.
    What was said of its lead since the row's file came, or by a later row of it, stays.

    Raises:
        QuarantineError: no such row, it is not waiting, or there is no such column.
    """
    row = _waiting(session, row_id)
    mapping = _mapping(session.get_one(InboxRow, row.inbox_id))
    content: Row = dict(row.row)
    for mark in (BROKEN, REST, LINE):
        content.pop(mark, None)  # a person has looked at it: what is named is what it says
    content |= {_column(mapping, name): value for name, value in changes.items()}
    row.row = content
    session.flush()
    _recheck(session, [row], now, currency, store)
    audit.record(
        session,
        actor,
        "quarantine.mended",
        row.id,
        {"columns": sorted(changes)},
        before={"status": "waiting"},
        after={"status": row.status},
    )
    return get_row(session, row_id)


def retry(
    session: Session,
    row_ids: Sequence[str] | None,
    now: datetime,
    currency: str,
    store: Store,
    actor: str = ACTOR,
) -> Retried:
    """Check rows again, every waiting one where no ids are given; ``store`` what passes.

    Raises:
        QuarantineError: one of the ids is not waiting.
    """
    wanted = select(QuarantinedRow.id).where(QuarantinedRow.status == "waiting")
    if row_ids is not None:
        ids = [_waiting(session, row_id).id for row_id in row_ids]
    else:
        ids = list(
            session.scalars(wanted.order_by(QuarantinedRow.inbox_id, QuarantinedRow.row_number))
        )
    stored = 0
    for start in range(0, len(ids), BATCH):
        by_file: dict[str, list[QuarantinedRow]] = {}
        batch = select(QuarantinedRow).where(QuarantinedRow.id.in_(ids[start : start + BATCH]))
        for row in session.scalars(batch.order_by(QuarantinedRow.row_number).with_for_update()):
            by_file.setdefault(row.inbox_id, []).append(row)
        stored += sum(_recheck(session, rows, now, currency, store) for rows in by_file.values())
    counts = {"stored": stored, "waiting": len(ids) - stored}
    audit.record(session, actor, "quarantine.retried", "quarantine", counts)
    return Retried(**counts)


def discard(session: Session, row_id: str, now: datetime, actor: str = ACTOR) -> None:
    """Give a row up; it stays in the store, marked as discarded, without its content.

    Raises:
        QuarantineError: no such row, or it is not waiting.
    """
    row = _waiting(session, row_id)
    row.status, row.resolved_at, row.row = "discarded", now, {}
    waiting, discarded = {"status": "waiting"}, {"status": row.status}
    audit.record(session, actor, "quarantine.discarded", row.id, before=waiting, after=discarded)


def supersede(session: Session, inbox: InboxRow, now: datetime) -> None:
    """Rows set aside by earlier imports of the same file and source: this import has dealt with
    them."""
    earlier = [row.id for row in earlier_imports(session, inbox)]
    session.execute(
        update(QuarantinedRow)
        .where(QuarantinedRow.inbox_id.in_(earlier), QuarantinedRow.status == "waiting")
        .values(status="discarded", resolved_at=now, row={})
    )


def _recheck(
    session: Session, rows: list[QuarantinedRow], now: datetime, currency: str, store: Store
) -> int:
    """Check rows of one file again; how many of them are stored now."""
    inbox = session.get_one(InboxRow, rows[0].inbox_id)
    mapping = _mapping(inbox)
    context = Context(inbox.content_hash[:12], now, currency, inbox.received_at)
    contents: list[Row] = [row.row for row in rows]
    checked = check(contents, [row.row_number - 1 for row in rows], mapping, context)
    # As old as its file is what a row says, however late it is mended.
    store(session, checked.good, origin_of(session, inbox, mapping), now)
    for position, row in enumerate(rows):
        if position in checked.failing:
            row.reasons = checked.failing[position]
            row.outcome = checked.ends.get(position)
        else:
            row.status, row.resolved_at, row.reasons = "stored", now, []
            row.row = {}
    session.flush()
    return len(rows) - len(checked.failing)


def _get(session: Session, row_id: str) -> QuarantinedRow:
    row = session.get(QuarantinedRow, row_id, with_for_update=True)
    if row is None:
        raise RowNotFound(
            f"No row {row_id[:80]} was set aside. See those that were: leadflow quarantine list, "
            "or GET /imports/ID/rows"
        )
    return row


def _waiting(session: Session, row_id: str) -> QuarantinedRow:
    row = _get(session, row_id)
    if row.status != "waiting":
        raise RowElsewhere(f"The row {row_id} is {row.status} already; nothing is left to do.")
    return row


def _column(mapping: Mapping, name: str) -> str:
    columns = {column for _, column in mapping.named_columns()}
    field = dict(mapping.fields).get(name)  # type: ignore[call-overload]
    if name in columns:
        return name
    if field is not None:
        return str(field.column)
    raise QuarantineError(
        f"The mapping of this file reads no column {name!r}. It reads: {', '.join(sorted(columns))}"
    )


def _mapping(inbox: InboxRow) -> Mapping:
    return parse_mapping(json.loads(inbox.payload or b"{}"))


def _opened(row: QuarantinedRow, inbox: InboxRow) -> SetAside:
    file: Any = (inbox.result or {}).get("file", "")
    columns = dict(_mapping(inbox).named_columns())
    said = row.id, str(file), row.row_number, row.status, row.reasons, row.row
    return SetAside(*said, row.inbox_id, columns)
