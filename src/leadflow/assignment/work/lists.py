"""Leads in work, page by page: those of one salesperson, those that are overdue, what happened."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, AssignmentStep, Rep
from leadflow.assignment.work.follow_ups import first_due
from leadflow.paging.keyset import Key, Page, Wanted, read_page

Held = tuple[Assignment, Rep]


def in_work(session: Session, rep_id: str, wanted: Wanted) -> Page[Held]:
    """The leads that a salesperson has, the most urgent first: those with a first word or a task
    that is due some time by when, then the others by since when they have them."""
    statement = _held().where(Assignment.rep_id == rep_id)
    keys = Key(first_due()), Key(Assignment.assigned_at), Key(Assignment.id)
    return read_page(session, statement, keys, ("in work", rep_id), wanted)


def overdue(
    session: Session, rep_ids: Collection[str] | None, now: datetime, wanted: Wanted
) -> Page[Held]:
    """Leads whose first touch is overdue, the longest first; of these salespeople, or all."""
    statement = _held().where(Assignment.first_touch_at.is_(None), Assignment.due_at <= now)
    if rep_ids is not None:
        statement = statement.where(Assignment.rep_id.in_(rep_ids))
    keys = Key(Assignment.due_at), Key(Assignment.id)
    return read_page(session, statement, keys, ("overdue",), wanted)


def steps(session: Session, lead_id: str, wanted: Wanted) -> Page[AssignmentStep]:
    """What happened to a lead's assignments, the oldest first."""
    statement = select(AssignmentStep).where(AssignmentStep.lead_id == lead_id)
    keys = Key(AssignmentStep.at), Key(AssignmentStep.id)
    return read_page(session, statement, keys, ("steps", lead_id), wanted)


def held_by(session: Session, rep_id: str, lead_ids: Collection[str]) -> frozenset[str]:
    """Those of these leads that a salesperson has."""
    own = select(Assignment.lead_id).where(
        Assignment.lead_id.in_(lead_ids), Assignment.ended_at.is_(None), Assignment.rep_id == rep_id
    )
    return frozenset(session.scalars(own))


def _held() -> Select[Held]:
    joined = select(Assignment, Rep).join(Rep, Rep.id == Assignment.rep_id)
    return joined.where(Assignment.ended_at.is_(None))
