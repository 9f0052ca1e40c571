"""Tasks about leads over the API."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.work.follow_ups import Asked, rep_of_task, tasks_within
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tasks import NewTask, Status, add_task, change_task, hold_task
from leadflow.gateway.api.follow_ups.schemas import TaskEdit, TaskIn, TaskOut
from leadflow.gateway.http.callers import EditsLeads, ReadsLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.security import named_by
from leadflow.leads.service import get_lead
from leadflow.paging.keyset import Wanted

router = APIRouter(tags=["notes, tasks, tags"], route_class=Keyed)
OfRep = Annotated[str | None, Query(description="Of this salesperson: our id, or yours.")]
OfStatus = Annotated[Status | None, Query(description="open, done, cancelled. Unset: open.")]


@router.get("/tasks", response_model=PageOut[TaskOut], summary="What is to be done")
def read_tasks(
    caller: ReadsLeads, paged: Paged, rep: OfRep = None, status: OfStatus = None
) -> PageOut[TaskOut]:
    """Tasks about the leads within your reach, overdue ones first, then by when they are due, then
    those that are due at no time. One whose `rep_id` is empty is whoever's has the lead."""
    with unit_of_work() as session:
        whose = None if rep is None else find_rep(session, rep).id
        return _found(session, caller, Asked(whose, status=status or "open"), paged)


@router.get("/leads/{lead_id}/tasks", response_model=PageOut[TaskOut], summary="Tasks about a lead")
def read_tasks_of_lead(lead_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[TaskOut]:
    """All tasks about the lead: the open ones, overdue first, then those that ended."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return _found(session, caller, Asked(lead_id=lead_id, status=None), paged)


@router.post(
    "/leads/{lead_id}/tasks", response_model=TaskOut, status_code=201, summary="Add a task"
)
def new_task(lead_id: str, body: TaskIn, caller: EditsLeads) -> TaskOut:
    """Say what is to be done about the lead, by when, and by whom: a salesperson that is named,
    else whoever has the lead, also after it has passed on. What is to be done is encrypted."""
    with unit_of_work() as session:
        by, now = named_by(session, caller, body.by), datetime.now(UTC)
        wanted = NewTask(lead_id, body.what, body.due_at, rep_of_task(session, body.rep_id))
        [task_id] = add_task(session, [wanted], by, now)
        return one_task(session, lead_id, task_id)


@router.patch(
    "/leads/{lead_id}/tasks/{task_id}", response_model=TaskOut, summary="Change a task, or end it"
)
def edit_task(lead_id: str, task_id: str, body: TaskEdit, caller: EditsLeads) -> TaskOut:
    """Change what is sent. `status` done or cancelled ends it, with who said so and when; open
    opens it again."""
    with unit_of_work() as session:
        change(session, caller, lead_id, task_id, body)
        return one_task(session, lead_id, task_id)


def change(session: Session, caller: Actor, lead_id: str, task_id: str, body: TaskEdit) -> None:
    """Make the change that was sent.

    Raises:
        LeadNotFound, TaskNotFound, TaskChanged: see ``follow_ups.tasks.hold_task``.
        RepNotFound, RepInactive: see ``assignment.work.follow_ups.rep_of_task``.
    """
    task = hold_task(session, lead_id, task_id, body.revision)
    to: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"revision"})
    if "rep_id" in to and to["rep_id"] != task.rep_id:
        to["rep_id"] = rep_of_task(session, to["rep_id"])
    change_task(session, task, to, caller.id, datetime.now(UTC))


def one_task(session: Session, lead_id: str, task_id: str) -> TaskOut:
    """The task with whose it is."""
    asked = Asked(lead_id=lead_id, task_id=task_id, status=None)
    [found] = tasks_within(session, None, Reach.ALL, asked, Wanted(1)).items
    return TaskOut.of(found, datetime.now(UTC))


def _found(session: Session, caller: Actor, asked: Asked, wanted: Wanted) -> PageOut[TaskOut]:
    reach = caller.reach("lead.read") or Reach.OWN
    now = datetime.now(UTC)
    found = tasks_within(session, caller.rep_id, reach, asked, wanted)
    return PageOut.of(found.of(lambda one: TaskOut.of(one, now)))
