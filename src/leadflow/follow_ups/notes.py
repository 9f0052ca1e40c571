"""Notes about a lead: written, edited and deleted by their authors, or by a manager.

The audit log says who did what to which note, and never what is in it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.follow_ups.tables import LeadNote
from leadflow.leads.service import lock_lead
from leadflow.paging.keyset import Key, Page, Wanted, read_page


class NoteNotFound(LookupError):
    """The lead has no note of this id."""

    def __init__(self, lead_id: str, note_id: str) -> None:
        super().__init__(
            f"{lead_id} has no note {note_id}, or it has been deleted. "
            f"Read them again: GET /leads/{lead_id}/notes"
        )


class NoteChanged(RuntimeError):
    """The note is another by now than the caller has read."""

    def __init__(self, note: LeadNote) -> None:
        super().__init__(
            f"{note.id} was edited meanwhile and is at revision {note.revision}. Read it again, "
            "and send the edit with this revision."
        )


class NotYourNote(PermissionError):
    """Somebody else wrote the note, and the caller may not change notes of others."""

    def __init__(self) -> None:
        super().__init__(
            "A note is edited and deleted by who wrote it, or by a manager whom the lead is within "
            "reach of (note.manage). Write a note of your own."
        )


def notes_of(session: Session, lead_id: str) -> Sequence[LeadNote]:
    """The notes of a lead, the newest first."""
    these = select(LeadNote).where(LeadNote.lead_id == lead_id)
    return session.scalars(these.order_by(LeadNote.written_at.desc(), LeadNote.id.desc())).all()


def page_of_notes(session: Session, lead_id: str, wanted: Wanted) -> Page[LeadNote]:
    """A page of the notes of a lead, the newest first."""
    these = select(LeadNote).where(LeadNote.lead_id == lead_id)
    keys = Key(LeadNote.written_at, descending=True), Key(LeadNote.id, descending=True)
    return read_page(session, these, keys, ("notes", lead_id), wanted)


def write_note(session: Session, lead_id: str, words: str, by: str, now: datetime) -> LeadNote:
    """Keep a note.

    Raises:
        LeadNotFound: there is no such lead.
    """
    lock_lead(session, lead_id)
    note = LeadNote(lead_id=lead_id, words=words, written_by=by, written_at=now)
    session.add(note)
    session.flush()
    audit.record(session, by, "note.written", lead_id, {"note": note.id})
    return note


def edit_note(
    session: Session,
    note: LeadNote,
    words: str,
    by: str,
    now: datetime,
) -> LeadNote:
    """Put other words in its place; the same words change nothing. The caller has it from
    ``hold_note``."""
    if words != note.words:
        note.words, note.edited_by, note.edited_at = words, by, now
        note.revision += 1
        audit.record(session, by, "note.edited", note.lead_id, {"note": note.id})
    return note


def delete_note(session: Session, note: LeadNote, by: str) -> None:
    """Let it be gone, words and all. The caller has it from ``hold_note``."""
    session.delete(note)
    audit.record(session, by, "note.deleted", note.lead_id, {"note": note.id})


def hold_note(
    session: Session,
    lead_id: str,
    note_id: str,
    by: str,
    manages: bool,
    known: int | None = None,
) -> LeadNote:
    """The note, held until the transaction ends by somebody who may change it. ``manages``: whether
    they may change what others wrote; ``known``: the revision that they have read.

    Raises:
        LeadNotFound, NoteNotFound: there is no such lead or note.
        NotYourNote: it is somebody else's.
        NoteChanged: it is another by now.
    """
    lock_lead(session, lead_id)
    this = select(LeadNote).where(LeadNote.id == note_id, LeadNote.lead_id == lead_id)
    note = session.scalars(this.execution_options(populate_existing=True)).first()
    if note is None:
        raise NoteNotFound(lead_id, note_id)
    if note.written_by != by and not manages:
        raise NotYourNote
    if known is not None and known != note.revision:
        raise NoteChanged(note)
    return note
