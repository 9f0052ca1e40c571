"""Notes, tasks and tags on a lead's page."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.work.follow_ups import rep_of_task
from leadflow.assignment.work.handover import RepInactive
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.notes import (
    NoteChanged,
    NoteNotFound,
    NotYourNote,
    delete_note,
    edit_note,
    hold_note,
    write_note,
)
from leadflow.follow_ups.tag_names import TagInvalid
from leadflow.follow_ups.tags import tag, untag
from leadflow.follow_ups.tasks import (
    NewTask,
    Status,
    TaskChanged,
    TaskNotFound,
    add_task,
    change_task,
    hold_task,
)
from leadflow.gateway.api.follow_ups.notes import manages_notes
from leadflow.gateway.api.follow_ups.schemas import LONGEST_NOTE, LONGEST_TASK, MOST_TAGS
from leadflow.gateway.console.forms import MOST_TYPED, EditingLeads, too_long
from leadflow.gateway.console.lead import PATH, address_of, lead_page
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.http.stated_problems import STATED
from leadflow.hours import zone_named

router = APIRouter(include_in_schema=False)
CANNOT = (
    *(NoteNotFound, NoteChanged, NotYourNote),
    *(TaskNotFound, TaskChanged, RepNotFound, RepInactive),
    TagInvalid,
)
ENDED = {"done": "Done.", "cancelled": "Cancelled.", "open": "It is open again."}
Do = Callable[[Session, datetime], str]


class Unfit(ValueError):
    """What was typed cannot be taken; the message says what to write instead."""


@router.post(PATH + "/notes")
def note(
    request: Request,
    lead_id: str,
    caller: EditingLeads,
    text: Annotated[str, Form(max_length=MOST_TYPED)] = "",
    note_id: Annotated[str, Form(max_length=100)] = "",
    revision: Annotated[int, Form()] = 0,
    action: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    """Write a note; or edit or delete the one that is named, at the revision that was shown."""

    def save(session: Session, now: datetime) -> str:
        words = text.replace("\r\n", "\n").strip()
        if action != "delete" and not words:
            raise Unfit("Write what the note is to say.")
        if action != "delete" and len(words) > LONGEST_NOTE:
            raise Unfit(too_long("note", words, LONGEST_NOTE))
        if not note_id:
            write_note(session, lead_id, words, caller.id, now)
            return "Kept."
        manages = manages_notes(session, caller, lead_id)
        held = hold_note(session, lead_id, note_id, caller.id, manages, revision)
        if action == "delete":
            delete_note(session, held, caller.id)
            return "Deleted."
        edit_note(session, held, words, caller.id, now)
        return "Changed."

    return _done(request, lead_id, caller, "notes", save, {"text": text, "note_id": note_id})


@router.post(PATH + "/tasks")
def task(
    request: Request,
    lead_id: str,
    caller: EditingLeads,
    what: Annotated[str, Form(max_length=MOST_TYPED)] = "",
    due: Annotated[str, Form(max_length=30)] = "",
    zone: Annotated[str, Form(max_length=60)] = "UTC",
    whose: Annotated[str, Form(max_length=100)] = "",
    task_id: Annotated[str, Form(max_length=100)] = "",
    revision: Annotated[int, Form()] = 0,
    status: Annotated[Status, Form()] = "open",
) -> Response:
    """Add a task; or end the one that is named, or open it again, as it was shown."""

    def save(session: Session, now: datetime) -> str:
        if task_id:
            held = hold_task(session, lead_id, task_id, revision)
            change_task(session, held, {"status": status}, caller.id, now)
            return ENDED[status]
        words = what.strip()
        if not 0 < len(words) <= LONGEST_TASK:
            raise Unfit(f"Say what is to be done, in at most {LONGEST_TASK:,} characters.")
        rep_id = rep_of_task(session, whose or None)
        add_task(session, [NewTask(lead_id, words, _due(due, zone, now), rep_id)], caller.id, now)
        return "Added."

    typed = {"what": what, "due": due, "whose": whose}
    return _done(request, lead_id, caller, "tasks", save, typed)


@router.post(PATH + "/tags")
def tags(
    request: Request,
    lead_id: str,
    caller: EditingLeads,
    names: Annotated[str, Form(max_length=2000)] = "",
    take_off: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Put tags on the lead, written with commas between them; or take one off."""

    def save(session: Session, now: datetime) -> str:
        if take_off:
            untag(session, [lead_id], [take_off], caller.id, now)
            return "Taken off."
        wanted = [name for name in names.split(",") if name.strip()]
        if not 0 < len(wanted) <= MOST_TAGS:
            raise Unfit(f"Write up to {MOST_TAGS} tags with commas between them.")
        tag(session, [lead_id], wanted, caller.id, now)
        return "Tagged."

    return _done(request, lead_id, caller, "tags", save, {"tags": names})


def _due(said: str, zone: str, now: datetime) -> datetime | None:
    """The moment that the form's field says, in the zone of who typed it; empty: none."""
    if not said.strip():
        return None
    try:
        due = datetime.fromisoformat(said.strip()).replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unfit("Say when it is due as a day and a time, such as 2026-03-01 09:00.") from error
    if due <= now:
        raise Unfit(f"{said.strip().replace('T', ' ')} is past. Say a later moment, or none.")
    return due


def _done(
    request: Request, lead_id: str, caller: Actor, at: str, do: Do, typed: dict[str, Any]
) -> Response:
    """On to the page with what came of it; or the page with what is wrong and what was typed."""
    try:
        with unit_of_work() as session:
            words = do(session, datetime.now(UTC))
    except Unfit as error:
        told = Notice(str(error), at=at, typed=typed)
        return lead_page(request, lead_id, caller, 422, told)
    except CANNOT as error:
        status, _, title = STATED[type(error)]
        told = Notice(f"{title}. {error}", at=at, typed=typed)
        return lead_page(request, lead_id, caller, status, told)
    return told_on(request, address_of(lead_id), Notice(words, True, at))
