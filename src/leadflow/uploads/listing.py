"""Imports as they are shown: of files that were sent, and of those that were brought in on the
machine (``leadflow import``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from leadflow.database.leased import OPEN
from leadflow.database.tables import InboxRow
from leadflow.leads.files.storing.origins import source_of
from leadflow.leads.imports.listing import SOURCE, STATUS, NoSuchImport
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.uploads.service import brought_in_as
from leadflow.uploads.tables import ImportUndoing, Upload


@dataclass(frozen=True)
class Shown:
    """An import: the file that was sent, what of it is recorded, or both; and the last time that
    somebody wanted it taken back. Of a file that was imported before, ``known`` is what was
    recorded then, under ``same_as``, and nothing is recorded of this import itself."""

    upload: Upload | None
    inbox: InboxRow | None
    undoing: ImportUndoing | None = None
    known: InboxRow | None = None
    same_as: str | None = None

    @property
    def state(self) -> str:
        """An import that was undone is undone, or is about to be, whatever its file is."""
        if self.undoing is not None and self.undoing.state in OPEN:
            return "undoing"
        if self.inbox is not None and (self.upload is None or self.inbox.status == "undone"):
            return STATUS[self.inbox.status]
        return "" if self.upload is None else self.upload.state

    @property
    def source(self) -> str | None:
        """As the mapping says."""
        if self.inbox is not None:
            return source_of(self.inbox)
        if self.upload is None:
            return None
        proposed = (self.upload.proposal or {}).get("mapping")
        return (self.upload.mapping or proposed or {}).get("source", self.upload.source)

    @property
    def inbox_id(self) -> str | None:
        """Under which what was imported is recorded; None: nothing was."""
        return None if self.inbox is None else self.inbox.id

    @property
    def figures(self) -> dict[str, Any]:
        """What came of the rows so far; where all of it was known, nothing did."""
        if self.known is not None:
            told = self.known.result or {}
            leads = sum(told.get(name, 0) for name in ("new", "updated", "unchanged"))
            return {"rows": told.get("rows", 0), "unchanged": leads}
        return {} if self.inbox is None else self.inbox.result or {}


def imports_of_all(session: Session, wanted: Wanted = FIRST) -> Page[Shown]:
    """Every import, the newest first."""
    sent = select(Upload.id.label("id"), Upload.received_at.label("at"))
    brought = select(InboxRow.id, InboxRow.received_at).where(
        InboxRow.source == SOURCE,
        ~select(Upload.id)
        .where(Upload.inbox_id == InboxRow.id, Upload.known_since.is_(None))
        .exists(),
    )
    both = union_all(sent.where(Upload.state != "arriving"), brought).subquery()
    keys = Key(both.c.at, descending=True), Key(both.c.id, descending=True)
    page = read_page(session, select(both.c.id), keys, ("imports",), wanted)
    found = _shown(session, page.items)
    return page.of(lambda import_id: found[import_id])


def show(session: Session, import_id: str) -> Shown:
    """One import.

    Raises:
        NoSuchImport: there is none of this id.
    """
    found = _shown(session, [import_id]).get(import_id)
    if found is None or (found.upload is not None and found.upload.state == "arriving"):
        raise NoSuchImport(import_id)
    return found


def _shown(session: Session, ids: Sequence[str]) -> dict[str, Shown]:
    uploads = session.scalars(select(Upload).where(Upload.id.in_(ids))).all()
    named = {*ids, *(one.inbox_id for one in uploads)}
    rows = select(InboxRow).where(InboxRow.source == SOURCE, InboxRow.id.in_(named))
    inbox = {row.id: row for row in session.scalars(rows)}
    undoings, first = _undoings(session, list(inbox)), brought_in_as(session, list(inbox))
    sent: dict[str, Shown] = {}
    for one in uploads:
        own, same = one.own_inbox_id or "", one.inbox_id or ""
        if own or not same:
            sent[one.id] = Shown(one, inbox.get(own), undoings.get(own))
        else:
            sent[one.id] = Shown(one, None, None, inbox[same], first.get(same, same))
    brought = [row for row in inbox.values() if row.id in ids]
    return {row.id: Shown(None, row, undoings.get(row.id)) for row in brought} | sent


def _undoings(session: Session, inbox_ids: Sequence[str]) -> dict[str, ImportUndoing]:
    """The last of each import."""
    asked = select(ImportUndoing).where(ImportUndoing.inbox_id.in_(inbox_ids))
    last = asked.distinct(ImportUndoing.inbox_id).order_by(
        ImportUndoing.inbox_id, ImportUndoing.asked_at.desc(), ImportUndoing.id.desc()
    )
    return {one.inbox_id: one for one in session.scalars(last)}
