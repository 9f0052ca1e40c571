"""Tasks about leads: added, changed, done or cancelled.

The audit log says who did what to which task, and never what is to be done.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.database.ids import new_id
from leadflow.follow_ups.tables import LeadTask
from leadflow.leads.service import absent, lock_ids, lock_lead
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import NEVER, Key, in_order

Status = Literal["open", "done", "cancelled"]
ACTS = {"open": "task.reopened", "done": "task.done", "cancelled": "task.cancelled"}


class TaskNotFound(LookupError):
    """The lead has no task of this id."""

    def __init__(self, lead_id: str, task_id: str) -> None:
        super().__init__(
            f"{lead_id} has no task {task_id}. Read them again: GET /leads/{lead_id}/tasks"
        )


class TaskChanged(RuntimeError):
    """The task is another by now than the caller has read."""

    def __init__(self, task: LeadTask) -> None:
        super().__init__(
            f"{task.id} was changed meanwhile: it is {task.status}, at revision {task.revision}. "
            "Read it again, and send the change with this revision."
        )


@dataclass(frozen=True)
class NewTask:
    """What is to be done about a lead, by when, and by whom; ``rep_id``: our id of a salesperson,
    None: whoever has the lead."""

    lead_id: str
    what: str
    due_at: datetime | None = None
    rep_id: str | None = None


# The order of tasks: open ones first, of these what is due first (so what is overdue before all
# others), then what is due at no time; the others by when they ended, the newest first.
BY_URGENCY = (
    Key(func.coalesce(LeadTask.closed_at, NEVER), descending=True),
    Key(func.coalesce(LeadTask.due_at, NEVER)),
    Key(LeadTask.id),
)


def tasks_of(session: Session, lead_id: str) -> Sequence[LeadTask]:
    """All tasks of a lead in the order of their urgency."""
    these = select(LeadTask).where(LeadTask.lead_id == lead_id)
    return session.scalars(these.order_by(*map(in_order, BY_URGENCY))).all()


def add_task(session: Session, tasks: Sequence[NewTask], by: str, now: datetime) -> list[str]:
    """Keep these tasks, of however many leads, in one statement; their ids in order. ``by`` is a
    person, a program or a rule.

    Raises:
        LeadNotFound: one of the leads does not exist; nothing was kept.
        LeadMerged: another stands for one of them.
    """
    if not tasks:
        return []
    missing = {task.lead_id for task in tasks} - lock_ids(session, [one.lead_id for one in tasks])
    if missing:
        raise absent(min(missing), session.get(Lead, min(missing)))
    ids = [new_id("task") for _ in tasks]
    rows = [
        {"id": task_id, **asdict(task), "created_by": by, "created_at": now}
        for task_id, task in zip(ids, tasks, strict=True)
    ]
    session.execute(insert(LeadTask), rows)
    both = zip(tasks, ids, strict=True)
    audit.record_many(
        session, (Entry(by, "task.added", task.lead_id, {"task": one}) for task, one in both)
    )
    return ids


def hold_task(session: Session, lead_id: str, task_id: str, known: int | None = None) -> LeadTask:
    """The task, held until the transaction ends; ``known``: the revision the caller has read.

    Raises:
        LeadNotFound, TaskNotFound: there is no such lead or task.
        TaskChanged: it is another by now.
    """
    lock_lead(session, lead_id)
    this = select(LeadTask).where(LeadTask.id == task_id, LeadTask.lead_id == lead_id)
    task = session.scalars(this.execution_options(populate_existing=True)).first()
    if task is None:
        raise TaskNotFound(lead_id, task_id)
    if known is not None and known != task.revision:
        raise TaskChanged(task)
    return task


def change_task(
    session: Session, task: LeadTask, to: dict[str, Any], by: str, now: datetime
) -> LeadTask:
    """Change what was given of ``what``, ``due_at``, ``rep_id`` and ``status``; what is so already
    changes nothing. The caller has it from ``hold_task``."""
    changed = {name for name, value in to.items() if getattr(task, name) != value}
    if not changed:
        return task
    for name in changed:
        setattr(task, name, to[name])
    if "status" in changed:
        open_again = task.status == "open"
        task.closed_by, task.closed_at = (None, None) if open_again else (by, now)
    task.revision += 1
    act = ACTS[task.status] if "status" in changed else "task.changed"
    audit.record(session, by, act, task.lead_id, {"task": task.id, "fields": sorted(changed)})
    return task
