"""Schemas of work on assigned leads."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.assignment.work.reassignment import Priority
from leadflow.assignment.work.service import TouchKind, TouchResult
from leadflow.scoring.overrides.schemas import Words

BY = "Who says so, by username, where you act for somebody; unset: you."
WHO_HAS_IT = "Who has the lead as far as you know: refused with 409 where somebody else does."


class ByIn(BaseModel):
    """In whose name, and who has the lead as far as they know."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[Words | None, Field(max_length=200)] = Field(default=None, description=BY)
    rep_id: str | None = Field(default=None, description=WHO_HAS_IT)


class AcceptIn(ByIn):
    """Taking a lead on."""


class WhyIn(ByIn):
    """Letting a lead go."""

    reason: Annotated[Words, Field(max_length=1000)]


class ReassignIn(BaseModel):
    """Giving a lead to a salesperson."""

    model_config = ConfigDict(extra="forbid")

    rep_id: str = Field(description="Who gets it: our id of the salesperson, or yours.")
    by: Annotated[Words | None, Field(max_length=200)] = Field(default=None, description=BY)
    reason: Annotated[Words, Field(max_length=1000)]
    priority: Priority = Field(
        default="normal", description="How soon somebody should decide, where somebody must."
    )
    from_rep_id: str | None = Field(default=None, description=WHO_HAS_IT)


class TouchIn(ByIn):
    """Getting in touch with a lead."""

    kind: TouchKind = "call"
    result: TouchResult | None = Field(default=None, description="What came of it.")


class AssignmentStepOut(BaseModel):
    """Something that happened to a lead's assignments."""

    at: datetime
    kind: str
    actor: str
    reason: str | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, step: AssignmentStep) -> Self:
        """From the stored row."""
        return cls(**{name: getattr(step, name) for name in cls.model_fields})


class HandOut(BaseModel):
    """A lead in somebody's hands, or no longer."""

    lead_id: str
    rep_id: str
    name: str
    state: str = Field(description="new, accepted, touched, or how it ended.")
    since: datetime
    why: str
    clock_starts_at: datetime | None = Field(
        description="From when the time to the first touch counts: later where others come first."
    )
    due_at: datetime | None = Field(description="First touch due.")
    accepted_at: datetime | None
    first_touch_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, made: Assignment, name: str) -> Self:
        """From the stored row."""
        return cls(
            lead_id=made.lead_id,
            rep_id=made.rep_id,
            name=name,
            state=_state(made),
            since=made.assigned_at,
            why=made.why,
            clock_starts_at=made.clock_starts_at,
            due_at=made.due_at,
            accepted_at=made.accepted_at,
            first_touch_at=made.first_touch_at,
            ended_at=made.ended_at,
        )


class WorkOut(HandOut):
    """The same of a lead in work, with what is to be done about it."""

    open_tasks: int
    next_task_due_at: datetime | None = Field(
        description="When the first of them is due; in the past: it is overdue."
    )

    @classmethod
    def with_tasks(
        cls, made: Assignment, name: str, tasks: tuple[int, datetime | None] | None
    ) -> Self:
        """From the stored row, and how many tasks are open and when the first is due."""
        count, due_at = tasks or (0, None)
        known = HandOut.of(made, name).model_dump()
        return cls(**known, open_tasks=count, next_task_due_at=due_at)


class HandedOut(HandOut):
    """The same with all that happened to the lead's assignments."""

    steps: list[AssignmentStepOut]


class WaitsOut(BaseModel):
    """A lead that is handed over once somebody agrees; until then it stays where it is."""

    lead_id: str
    approval_id: str
    waits_for: list[str]
    link: str


class UnroutableOut(BaseModel):
    """A lead that nobody can take."""

    lead_id: str
    since: datetime
    last_tried_at: datetime
    reason: str


def _state(made: Assignment) -> str:
    if made.ended_at is not None:
        return str(made.end_reason)
    if made.first_touch_at is not None:
        return "touched"
    return "new" if made.accepted_at is None else "accepted"
