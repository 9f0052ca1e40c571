"""Notes about a lead over the API."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.naming import names_of_people
from leadflow.assignment.team.reach import reaches_lead
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.notes import delete_note, edit_note, hold_note, page_of_notes, write_note
from leadflow.follow_ups.tables import LeadNote
from leadflow.gateway.api.follow_ups.schemas import NoteEdit, NoteIn, NoteOut
from leadflow.gateway.http.callers import EditsLeads, ReadsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.security import named_by
from leadflow.leads.service import get_lead

router = APIRouter(tags=["notes, tasks, tags"], route_class=Keyed)


@router.get("/leads/{lead_id}/notes", response_model=PageOut[NoteOut], summary="Notes of a lead")
def read_notes(lead_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[NoteOut]:
    """What people wrote about the lead, the newest first."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        found = page_of_notes(session, lead_id, paged)
        return PageOut(items=shown(session, found.items), next=found.next)


@router.post(
    "/leads/{lead_id}/notes", response_model=NoteOut, status_code=201, summary="Write a note"
)
def add_note(lead_id: str, body: NoteIn, caller: EditsLeads) -> NoteOut:
    """Keep a note about the lead. It is encrypted, and the audit log has who wrote it and not what.
    No score, rule or model reads it."""
    with unit_of_work() as session:
        by = named_by(session, caller, body.by)
        made = write_note(session, lead_id, body.text, by, datetime.now(UTC))
        return shown(session, [made])[0]


@router.patch("/leads/{lead_id}/notes/{note_id}", response_model=NoteOut, summary="Edit a note")
def change_note(lead_id: str, note_id: str, body: NoteEdit, caller: EditsLeads) -> NoteOut:
    """Put other words in its place: whoever wrote it may, or a manager (`note.manage`)."""
    with unit_of_work() as session:
        manages = manages_notes(session, caller, lead_id)
        note = hold_note(session, lead_id, note_id, caller.id, manages, body.revision)
        edited = edit_note(session, note, body.text, caller.id, datetime.now(UTC))
        return shown(session, [edited])[0]


@router.delete("/leads/{lead_id}/notes/{note_id}", status_code=204, summary="Delete a note")
def remove_note(lead_id: str, note_id: str, caller: EditsLeads) -> None:
    """Let it be gone for good: whoever wrote it may, or a manager (`note.manage`)."""
    with unit_of_work() as session:
        manages = manages_notes(session, caller, lead_id)
        note = hold_note(session, lead_id, note_id, caller.id, manages)
        delete_note(session, note, caller.id)


def manages_notes(session: Session, caller: Actor, lead_id: str) -> bool:
    """Whether the caller may change what others wrote about this lead."""
    reach = caller.reach("note.manage")
    return reach is not None and reaches_lead(session, caller.rep_id, reach, lead_id)


def shown(session: Session, notes: Sequence[LeadNote]) -> list[NoteOut]:
    """Notes with the names of who wrote them."""
    names = names_of_people(session, [note.written_by for note in notes])
    return [NoteOut.of(note, names) for note in notes]
