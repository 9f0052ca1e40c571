"""What people keep of a lead, for its page: notes, tasks, tags."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.team.naming import names_of_people
from leadflow.assignment.work.follow_ups import Asked, TaskOf, tasks_within
from leadflow.follow_ups.notes import notes_of
from leadflow.follow_ups.tables import LeadNote
from leadflow.follow_ups.tags import tags_of
from leadflow.gateway.api.follow_ups.notes import manages_notes
from leadflow.gateway.console.in_words import doer
from leadflow.paging.keyset import Wanted

MOST_TASKS = 200


@dataclass(frozen=True)
class Written:
    """A note, what its author is called, and whether the reader may change it."""

    note: LeadNote
    by: str
    changeable: bool


@dataclass(frozen=True)
class Kept:
    """Notes, the newest first; tasks, the most urgent first; tags by name. ``names``: what those
    who are named in them are called, by id."""

    notes: list[Written]
    tasks: list[TaskOf]
    tags: list[str]
    names: dict[str, str]


def kept_of(session: Session, reader: Actor, lead_id: str) -> Kept:
    """What is kept of a lead that is within the reader's reach."""
    notes = notes_of(session, lead_id)
    asked = Asked(lead_id=lead_id, status=None)
    tasks = tasks_within(session, None, Reach.ALL, asked, Wanted(MOST_TASKS)).items
    said = [note.written_by for note in notes]
    said += [by for one in tasks for by in (one.task.created_by, one.task.closed_by) if by]
    names = {one: doer(one) for one in said} | names_of_people(session, said)
    manages = manages_notes(session, reader, lead_id)
    return Kept(
        [
            Written(note, names[note.written_by], manages or note.written_by == reader.id)
            for note in notes
        ],
        tasks,
        tags_of(session, [lead_id]).get(lead_id, []),
        names,
    )
