"""Everything that waits on a person, from every room; each with who it waits for. What is due comes
in the order of when, the rest by since when it waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.people import actor_of, usernames
from leadflow.accounts.permissions import Reach
from leadflow.accounts.tables import Person
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.service import waiting, waiting_for
from leadflow.approvals.tables import Approval
from leadflow.assignment.offered import waits
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.work.alarms import unroutable
from leadflow.assignment.work.follow_ups import Asked, TaskOf, tasks_within
from leadflow.assignment.work.offers import offers
from leadflow.quality.reviews import disputed
from leadflow.quality.reviews import waiting_for as reviews_for
from leadflow.quality.tables import QualityItem

MOST = 500
# Tasks are shown from so long before they are due.
AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class ToDo:
    """One thing that somebody is to do. ``waits_for``: roles, or the salesperson's id; ``asks``:
    of a decision, what is asked in one line; ``lead_id``: of the lead it is about, if it is."""

    kind: str
    id: str
    what: str
    address: str
    asked_by: str
    waits_for: str
    since: datetime
    due_at: datetime | None
    asks: str | None = None
    lead_id: str | None = None


def waits_for(session: Session, person: Person, now: datetime) -> list[ToDo]:
    """What waits for this person: decisions, reviews, leads to get in touch with, tasks due within
    a day."""
    found = [*_approvals(session, waiting_for(session, person, now))]
    actor = actor_of(person)
    if actor.reach("quality.review"):
        found += [
            _review(item.id, item.decision_kind, item.decided_at, item.due_at)
            for item in reviews_for(session, person.id, now, MOST)
        ]
    if actor.reach("quality.manage"):
        found += [
            _dispute(item.id, item.decision_kind, item.decided_at, item.due_at)
            for item in disputed(session, person.id, now, MOST)
        ]
    if person.rep_id is not None:
        found += _untouched(session, person.rep_id)
        found += _offered(session, person.rep_id)
        asked = Asked(person.rep_id, due_by=now + AHEAD)
        reach = actor.reach("lead.read") or Reach.OWN
        due = tasks_within(session, person.rep_id, reach, asked, MOST)
        found += [_task(one, f"{one.task.what}: {one.task.lead_id}") for one in due]
    return sorted(found, key=_urgency)


def everything(session: Session, now: datetime) -> list[ToDo]:
    """What waits for anybody at all."""
    found = [*_approvals(session, waiting(session, MOST))]
    open_items = select(QualityItem).where(QualityItem.status.in_(("waiting", "disputed")))
    for item in session.scalars(open_items.order_by(QualityItem.due_at).limit(MOST)):
        make = _review if item.status == "waiting" else _dispute
        found.append(make(item.id, item.decision_kind, item.decided_at, item.due_at))
    found += _untouched(session, None)
    overdue = tasks_within(session, None, Reach.ALL, Asked(due_by=now), MOST)
    # What is to be done is for those who may see the lead.
    found += [_task(one, f"A task about {one.task.lead_id}") for one in overdue]
    found += [
        ToDo(
            "unroutable_lead",
            row.lead_id,
            f"Lead {row.lead_id} that nobody can take: {row.reason}",
            f"/console/leads/{row.lead_id}",
            "leadflow",
            "sales_manager",
            row.since,
            None,
            lead_id=row.lead_id,
        )
        for row in unroutable(session, MOST)
    ]
    return sorted(found, key=_urgency)


def _urgency(item: ToDo) -> datetime:
    return item.due_at or item.since


def _approvals(session: Session, found: Iterable[Approval]) -> Iterable[ToDo]:
    known = list(found)
    names = usernames(session, [one.requested_by for one in known])
    for one in known:
        yield ToDo(
            "approval",
            one.id,
            f"{kind_of(one.kind).words} {one.subject_id}",
            f"/console/approvals/{one.id}",
            names.get(one.requested_by, one.requested_by),
            " or ".join(one.roles_now),
            one.requested_at,
            one.due_at,
            asks=one.headline,
            lead_id=one.lead_id,
        )


def _review(item_id: str, kind: str, since: datetime, due_at: datetime) -> ToDo:
    what, address = f"Review of a {kind}", f"/console/quality/{item_id}"
    role = "sales_manager"
    return ToDo("quality_review", item_id, what, address, "leadflow", role, since, due_at)


def _dispute(item_id: str, kind: str, since: datetime, due_at: datetime) -> ToDo:
    what, address = f"Two saw a {kind} differently", f"/console/quality/disputes/{item_id}"
    role = "sales_manager or data_scientist"
    return ToDo("quality_dispute", item_id, what, address, "leadflow", role, since, due_at)


def _untouched(session: Session, rep_id: str | None) -> list[ToDo]:
    """Leads that a salesperson has and has not been in touch with, where that is due some time."""
    open_ones = (
        select(Assignment, Rep.external_id).join(Rep, Rep.id == Assignment.rep_id).where(waits())
    )
    if rep_id is not None:
        open_ones = open_ones.where(Assignment.rep_id == rep_id)
    found = session.execute(open_ones.order_by(Assignment.due_at).limit(MOST)).all()
    names = usernames(session, [made.assigned_by for made, _ in found])
    return [
        ToDo(
            "lead",
            made.lead_id,
            f"Get in touch with {made.lead_id}",
            f"/console/leads/{made.lead_id}",
            names.get(made.assigned_by, made.assigned_by),
            who,
            made.assigned_at,
            made.due_at,
            lead_id=made.lead_id,
        )
        for made, who in found
    ]


def _task(found: TaskOf, what: str) -> ToDo:
    """Something that a salesperson is to do about a lead."""
    task, rep = found.task, found.rep
    return ToDo(
        "task",
        task.id,
        what,
        f"/console/leads/{task.lead_id}#tasks",
        task.created_by,
        "whoever gets the lead" if rep is None else rep.external_id,
        task.created_at,
        task.due_at,
        lead_id=task.lead_id,
    )


def _offered(session: Session, rep_id: str) -> list[ToDo]:
    """Leads that others have let wait, and that somebody above may take."""
    return [
        ToDo(
            "offered_lead",
            made.lead_id,
            f"Take {made.lead_id}, or give it to somebody: nobody got in touch in time",
            f"/console/leads/{made.lead_id}",
            "leadflow",
            rep_id,
            made.assigned_at,
            made.due_at,
            lead_id=made.lead_id,
        )
        for made in offers(session, rep_id, MOST)
    ]
