"""Schemas of notes, tasks and tags."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from leadflow.assignment.work.follow_ups import TaskOf
from leadflow.exact import Flag, Moment, Whole, of_an_edit
from leadflow.follow_ups.tables import LeadNote
from leadflow.follow_ups.tag_names import LONGEST, tag_name
from leadflow.follow_ups.tasks import Status
from leadflow.gateway.api.team.work_schemas import BY
from leadflow.scoring.overrides.schemas import Words

LONGEST_NOTE, LONGEST_TASK = 10_000, 1000
MOST_LEADS, MOST_TAGS = 10_000, 50
REVISION = "The one you have read: refused with 409 where it is another by now. Unset: any."
WHOSE = "Whose it is: our id of a salesperson, or yours. Empty: whoever has the lead."
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
TagName = Annotated[str, Field(min_length=1, max_length=4 * LONGEST), AfterValidator(tag_name)]
Names = Annotated[list[TagName], Field(min_length=1, max_length=MOST_TAGS)]


class Strict(BaseModel):
    """Fields that nobody knows are refused; what was typed is repeated nowhere."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NoteIn(Strict):
    """A note."""

    text: Annotated[NoteText, Field(max_length=LONGEST_NOTE)]
    by: Annotated[Words | None, Field(max_length=200)] = Field(default=None, description=BY)


class NoteEdit(Strict):
    """A note as it should be."""

    text: Annotated[NoteText, Field(max_length=LONGEST_NOTE)]
    revision: Whole | None = Field(default=None, description=REVISION)


class NoteOut(BaseModel):
    """A note about a lead."""

    id: str
    text: str
    by: str = Field(description="Who wrote it, by id.")
    name: str | None = Field(description="What they are called; empty for programs.")
    at: datetime
    edited_by: str | None
    edited_at: datetime | None
    revision: int

    @classmethod
    def of(cls, note: LeadNote, names: Mapping[str, str]) -> Self:
        """From the stored row, and what people are called by id."""
        return cls(
            id=note.id,
            text=note.words,
            by=note.written_by,
            name=names.get(note.written_by),
            at=note.written_at,
            edited_by=note.edited_by,
            edited_at=note.edited_at,
            revision=note.revision,
        )


class TaskIn(Strict):
    """Something to be done about a lead."""

    what: Annotated[Words, Field(max_length=LONGEST_TASK)]
    due_at: Moment | None = None
    rep_id: Annotated[str, Field(max_length=200)] | None = Field(default=None, description=WHOSE)
    by: Annotated[Words | None, Field(max_length=200)] = Field(default=None, description=BY)


class TaskEdit(Strict):
    """What changes of a task; null empties `due_at` and `rep_id`, what is not sent stays."""

    model_config = ConfigDict(json_schema_extra=of_an_edit)

    what: Annotated[Words, Field(max_length=LONGEST_TASK)] = Field(default="")
    due_at: Moment | None = None
    rep_id: Annotated[str, Field(max_length=200)] | None = Field(default=None, description=WHOSE)
    status: Status = Field(default="open", description="open again, done or cancelled.")
    revision: Whole | None = Field(default=None, description=REVISION)


class TaskOut(BaseModel):
    """A task about a lead."""

    id: str
    lead_id: str
    what: str
    due_at: datetime | None
    overdue: bool
    status: Status
    rep_id: str | None = Field(description="The salesperson named for it; empty: whoever has it.")
    whose: str | None = Field(description="Our id of the salesperson whose it is now, if any.")
    name: str | None = Field(description="What they are called.")
    created_by: str
    created_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    revision: int

    @classmethod
    def of(cls, found: TaskOf, now: datetime) -> Self:
        """From the stored rows."""
        task, rep = found.task, found.rep
        same = (
            *("id", "lead_id", "what", "due_at", "status", "rep_id"),
            *("created_by", "created_at", "closed_by", "closed_at", "revision"),
        )
        return cls(
            **{name: getattr(task, name) for name in same},
            overdue=task.status == "open" and task.due_at is not None and task.due_at < now,
            whose=rep and rep.id,
            name=rep and rep.name,
        )


class TagsIn(Strict):
    """Tags for a lead."""

    tags: Names


class TagsOut(BaseModel):
    """The tags of a lead, in their one form."""

    lead_id: str
    tags: list[str]


class ManyTagsIn(Strict):
    """Tags to put on leads, or to take off; all or none."""

    lead_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_LEADS)]
    add: Annotated[list[TagName], Field(max_length=MOST_TAGS)] = []
    remove: Annotated[list[TagName], Field(max_length=MOST_TAGS)] = []

    @model_validator(mode="after")
    def _says_a_tag(self) -> Self:
        if not self.add and not self.remove:
            raise ValueError("say tags to put on under add, tags to take off under remove, or both")
        return self


class ManyTagsOut(BaseModel):
    """On how many leads something changed."""

    tagged: int
    untagged: int


class TagOut(BaseModel):
    """A tag, and on how many leads within your reach it is."""

    name: str
    leads: int


class TagRename(Strict):
    """Another name for a tag."""

    name: TagName
    merge: Flag = Field(default=False, description="Also where leads have a tag of this name.")


class TagChanged(BaseModel):
    """A tag by its name from now on, and on how many leads it was changed."""

    name: str
    leads: int
