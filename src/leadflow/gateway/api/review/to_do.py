"""Everything that waits on a person, from every room; each with who it waits for. What is due comes
in the order of when, the rest by since when it waits."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, union_all
from sqlalchemy.orm import Session

from leadflow.accounts.people import actor_of, usernames
from leadflow.accounts.permissions import Reach
from leadflow.accounts.tables import Person
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.service import waiting_for
from leadflow.approvals.tables import Approval
from leadflow.assignment.offered import waits
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.work.follow_ups import Asked, TaskOf, tasks_named, tasks_within
from leadflow.assignment.work.lists import held_by
from leadflow.assignment.work.offers import offers
from leadflow.follow_ups.tables import LeadTask
from leadflow.paging.keyset import Key, Page, Wanted, read_page
from leadflow.quality.reviews import disputed
from leadflow.quality.reviews import waiting_for as reviews_for
from leadflow.quality.tables import QualityItem

MOST = 500
# Tasks are shown from so long before they are due.
AHEAD = timedelta(days=1)
ALL = Wanted(MOST)
APPROVAL, ITEM, LEAD, TASK = "approval", "quality_item", "lead", "task"
UNROUTABLE = "unroutable_lead"


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


# What is to be done, by the id that it was found by.
Read = tuple[str, ToDo]


def waits_for(session: Session, person: Person, now: datetime) -> list[ToDo]:
    """What waits for this person besides the leads that they have themselves, which are a list of
    their own (``assignment.work.worklist``): decisions, reviews, leads that they may take, and
    tasks due within a day about leads that others have."""
    found = [*_approvals(session, waiting_for(session, person, now))]
    actor = actor_of(person)
    if actor.reach("quality.review"):
        found += [
            _review(item.id, item.decision_kind, item.decided_at, item.due_at)
            for item in reviews_for(session, person.id, now, ALL).items
        ]
    if actor.reach("quality.manage"):
        found += [
            _dispute(item.id, item.decision_kind, item.decided_at, item.due_at)
            for item in disputed(session, person.id, now, ALL).items
        ]
    if person.rep_id is not None:
        found += _offered(session, person.rep_id)
        asked = Asked(person.rep_id, due_by=now + AHEAD)
        reach = actor.reach("lead.read") or Reach.OWN
        due = tasks_within(session, person.rep_id, reach, asked, ALL).items
        own = held_by(session, person.rep_id, [one.task.lead_id for one in due])
        found += [
            _task(one, f"{one.task.what}: {one.task.lead_id}")
            for one in due
            if one.task.lead_id not in own
        ]
    return sorted(found, key=_urgency)


def everything(session: Session, now: datetime, wanted: Wanted = ALL) -> Page[ToDo]:
    """What waits for anybody at all, the most urgent first: where each stands is looked up first,
    then what it is, for all of a page together."""
    every = union_all(*_places(now)).subquery()
    keys = Key(every.c.at), Key(every.c.kind), Key(every.c.id)
    statement = select(every.c.kind, every.c.id)
    found = read_page(session, statement, keys, ("waiting",), wanted)
    ids: dict[str, list[str]] = {}
    for kind, own in found.items:
        ids.setdefault(kind, []).append(own)
    known = {(kind, own): made for kind in ids for own, made in READ[kind](session, ids[kind])}
    return Page([known[place] for place in found.items if place in known], found.next)


def _places(now: datetime) -> list[Select[Any]]:
    """Of everything that waits what it is, its id, and the moment by which it is in order."""
    kind, due = literal(APPROVAL).label("kind"), Approval.due_at.label("at")
    items = QualityItem.status.in_(("waiting", "disputed"))
    return [
        select(kind, Approval.id.label("id"), due).where(Approval.status == "waiting"),
        select(literal(ITEM), QualityItem.id, QualityItem.due_at).where(items),
        select(literal(LEAD), Assignment.id, Assignment.due_at).where(waits()),
        select(literal(TASK), LeadTask.id, LeadTask.due_at).where(
            LeadTask.status == "open", LeadTask.due_at <= now
        ),
        select(literal(UNROUTABLE), UnroutableLead.lead_id, UnroutableLead.since),
    ]


def _read_approvals(session: Session, ids: Sequence[str]) -> Iterable[Read]:
    found = session.scalars(select(Approval).where(Approval.id.in_(ids)))
    return ((made.id, made) for made in _approvals(session, found))


def _read_items(session: Session, ids: Sequence[str]) -> Iterable[Read]:
    for item in session.scalars(select(QualityItem).where(QualityItem.id.in_(ids))):
        make = _review if item.status == "waiting" else _dispute
        yield item.id, make(item.id, item.decision_kind, item.decided_at, item.due_at)


def _read_untouched(session: Session, ids: Sequence[str]) -> Iterable[Read]:
    return _untouched(session, Assignment.id.in_(ids))


def _read_tasks(session: Session, ids: Sequence[str]) -> Iterable[Read]:
    # What is to be done is for those who may see the lead.
    for one in tasks_named(session, ids):
        yield one.task.id, _task(one, f"A task about {one.task.lead_id}")


def _read_unroutable(session: Session, ids: Sequence[str]) -> Iterable[Read]:
    for row in session.scalars(select(UnroutableLead).where(UnroutableLead.lead_id.in_(ids))):
        yield (
            row.lead_id,
            ToDo(
                UNROUTABLE,
                row.lead_id,
                f"Lead {row.lead_id} that nobody can take: {row.reason}",
                f"/console/leads/{row.lead_id}",
                "leadflow",
                "sales_manager",
                row.since,
                None,
                lead_id=row.lead_id,
            ),
        )


READ: dict[str, Callable[[Session, Sequence[str]], Iterable[Read]]] = {
    APPROVAL: _read_approvals,
    ITEM: _read_items,
    LEAD: _read_untouched,
    TASK: _read_tasks,
    UNROUTABLE: _read_unroutable,
}


def _urgency(item: ToDo) -> datetime:
    return item.due_at or item.since


def _approvals(session: Session, found: Iterable[Approval]) -> Iterable[ToDo]:
    known = list(found)
    names = usernames(session, [one.requested_by for one in known])
    for one in known:
        yield ToDo(
            APPROVAL,
            one.id,
            f"{kind_of(one.kind).words} {one.subject_id}",
            f"/console/approvals/{one.id}",
            names.get(one.requested_by, one.requested_by),
            " or ".join(one.roles_now),
            one.requested_at,
            one.due_at,
            asks=one.asks,
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


def _untouched(session: Session, which: ColumnElement[bool]) -> list[Read]:
    """Leads that salespeople have and have not been in touch with, where that is due some time; by
    the ids of their assignments."""
    open_ones = (
        select(Assignment, Rep.external_id).join(Rep, Rep.id == Assignment.rep_id).where(waits())
    )
    found = session.execute(open_ones.where(which).order_by(Assignment.due_at).limit(MOST)).all()
    names = usernames(session, [made.assigned_by for made, _ in found])
    return [
        (
            made.id,
            ToDo(
                LEAD,
                made.lead_id,
                f"Get in touch with {made.lead_id}",
                f"/console/leads/{made.lead_id}",
                names.get(made.assigned_by, made.assigned_by),
                who,
                made.assigned_at,
                made.due_at,
                lead_id=made.lead_id,
            ),
        )
        for made, who in found
    ]


def _task(found: TaskOf, what: str) -> ToDo:
    """Something that a salesperson is to do about a lead."""
    task, rep = found.task, found.rep
    return ToDo(
        TASK,
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
