"""Tasks and tags of the leads within somebody's reach, and whose a task is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.reach import leads_of
from leadflow.assignment.work.handover import RepInactive, find_rep
from leadflow.follow_ups.tables import LeadTag, LeadTask
from leadflow.follow_ups.tasks import BY_URGENCY, Status
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import NEVER, Page, Wanted, read_page

HELD = and_(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
WHOSE: ColumnElement[str | None] = func.coalesce(LeadTask.rep_id, Assignment.rep_id)


@dataclass(frozen=True)
class TaskOf:
    """A task, and the salesperson who is to do it: named in it, else whoever has the lead; None
    where that is nobody."""

    task: LeadTask
    rep: Rep | None


@dataclass(frozen=True)
class Asked:
    """Which tasks: of whom (our id; None: of everybody), of which lead, which one, due by when."""

    rep_id: str | None = None
    lead_id: str | None = None
    task_id: str | None = None
    status: Status | None = "open"
    due_by: datetime | None = None


def tasks_within(
    session: Session, rep_id: str | None, reach: Reach, asked: Asked, wanted: Wanted
) -> Page[TaskOf]:
    """The tasks that were asked for on leads within the caller's reach, the most urgent first:
    overdue ones before all others."""
    query = _tasks().where(leads_of(session, rep_id, reach), *_conditions(asked))
    said = ("tasks", asked.rep_id, asked.lead_id, asked.task_id, asked.status)
    found = read_page(session, query, BY_URGENCY, said, wanted)
    return found.of(lambda row: TaskOf(*row))


def tasks_named(session: Session, ids: Collection[str]) -> list[TaskOf]:
    """The tasks with these ids."""
    found = session.execute(_tasks().where(LeadTask.id.in_(ids)))
    return [TaskOf(task, rep) for task, rep in found.tuples()]


def _tasks() -> Select[tuple[LeadTask, Rep]]:
    return (
        select(LeadTask, Rep)
        .join(Lead, Lead.id == LeadTask.lead_id)
        .outerjoin(Assignment, HELD)
        .outerjoin(Rep, Rep.id == WHOSE)
    )


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    columns = {
        "rep_id": WHOSE,
        "lead_id": LeadTask.lead_id,
        "task_id": LeadTask.id,
        "status": LeadTask.status,
    }
    same = [
        column == getattr(asked, name)
        for name, column in columns.items()
        if getattr(asked, name) is not None
    ]
    return same if asked.due_by is None else [*same, LeadTask.due_at <= asked.due_by]


def open_tasks(
    session: Session, lead_ids: Collection[str]
) -> dict[str, tuple[int, datetime | None]]:
    """How many tasks of each lead are open, and when the first of them is due; leads without any
    are absent."""
    query = (
        select(LeadTask.lead_id, func.count(), func.min(LeadTask.due_at))
        .where(
            LeadTask.lead_id == any_(literal(list(lead_ids), ARRAY(Text))),
            LeadTask.status == "open",
        )
        .group_by(LeadTask.lead_id)
    )
    return {lead_id: (count, due) for lead_id, count, due in session.execute(query).tuples()}


def first_due() -> ColumnElement[datetime]:
    """Of an assignment: by when the first word or a task is due, what comes first; of what is due
    at no time, later than everything."""
    task_due = (
        select(func.min(LeadTask.due_at))
        .where(LeadTask.lead_id == Assignment.lead_id, LeadTask.status == "open")
        .correlate(Assignment)
        .scalar_subquery()
    )
    # Of what is empty, the least is the other.
    word_due = case((Assignment.first_touch_at.is_(None), Assignment.due_at))
    return func.coalesce(func.least(word_due, task_due), NEVER)


def tag_counts(session: Session, rep_id: str | None, reach: Reach) -> Sequence[tuple[str, int]]:
    """Every tag of leads within the caller's reach, and on how many of these it is, by name."""
    query = select(LeadTag.tag, func.count()).group_by(LeadTag.tag).order_by(LeadTag.tag)
    if reach is not Reach.ALL:
        query = (
            query.join(Lead, Lead.id == LeadTag.lead_id)
            .outerjoin(Assignment, HELD)
            .where(leads_of(session, rep_id, reach))
        )
    return session.execute(query).tuples().all()


def rep_of_task(session: Session, named: str | None) -> str | None:
    """Our id of the salesperson that is named for a task; None: whoever has the lead.

    Raises:
        RepNotFound, RepInactive: nobody of this id works here.
    """
    if named is None:
        return None
    rep = find_rep(session, named)
    if not rep.active:
        raise RepInactive(rep.external_id)
    return rep.id
