"""What a salesperson's first page says of each of their leads: how good, why, what now, by when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.assignment.tables import Rep
from leadflow.assignment.team.calendar import calendar_of
from leadflow.assignment.team.naming import called
from leadflow.assignment.work.worklist import (
    ClosedLine,
    Counts,
    Day,
    Line,
    Which,
    closed,
    counts,
    worklist,
)
from leadflow.gateway.console.home.their_hours import due_in_words, end_of_today
from leadflow.hours import Calendar
from leadflow.leads.events.types import known_types
from leadflow.paging.keyset import Wanted
from leadflow.settings import get_settings

A_PAGE = 25
REASONS = 2
TABS: tuple[tuple[str, str], ...] = (
    ("due", "Due"),
    ("mine", "All mine"),
    ("waiting", "Waiting for an answer"),
    ("closed", "Closed"),
)
LISTS: dict[str, Which] = {"due": "due", "mine": "mine", "waiting": "waiting"}


@dataclass(frozen=True)
class Next:
    """What is to be done: ``words``, and by or since when; ``of_task``: it is a task of the lead's
    page; ``due`` in the salesperson's own hours, None where the day says more."""

    words: str
    at: datetime | None = None
    due: str | None = None
    late: bool = False
    of_task: bool = False


@dataclass(frozen=True)
class LeadLine:
    """One lead of the list, as it is shown. ``worth``: in units of the currency."""

    id: str
    name: str
    phone: str | None
    held_by: str
    total: float | None
    level: str | None
    chance: float | None
    budget: float | None
    currency: str | None
    worth: float | None
    reasons: list[str]
    next: Next
    accepted: bool


@dataclass(frozen=True)
class Selling:
    """A salesperson's list: the tab that is open, how many leads each has, one page of it."""

    tab: str
    counts: Counts
    lines: list[LeadLine]
    ended: list[ClosedLine]
    next_page: str | None


def selling(session: Session, rep: Rep, tab: str, cursor: str | None, now: datetime) -> Selling:
    """The list of one tab.

    Raises:
        CursorRefused: the cursor is not one of this list.
    """
    calendar = calendar_of(session, rep)
    day, wanted = day_of(session, calendar, now), Wanted(A_PAGE, cursor)
    counted = counts(session, rep.id, day)
    if tab == "closed":
        gone = closed(session, rep.id, wanted)
        return Selling(tab, counted, [], gone.items, gone.next)
    found = worklist(session, rep.id, LISTS[tab], day, wanted)
    lines = [shown(line, calendar, now) for line in found.items]
    return Selling(tab, counted, lines, [], found.next)


def line_of(session: Session, rep: Rep, lead_id: str, now: datetime) -> LeadLine | None:
    """The line of one lead as it is now; None where the salesperson does not have it."""
    calendar = calendar_of(session, rep)
    day = day_of(session, calendar, now)
    found = worklist(session, rep.id, "mine", day, Wanted(1), only=lead_id).items
    return shown(found[0], calendar, now) if found else None


def day_of(session: Session, calendar: Calendar, now: datetime) -> Day:
    """Today, where the salesperson is."""
    answers = known_types(session).reopening
    return Day(now, end_of_today(calendar, now), answers, get_settings().default_currency)


def shown(line: Line, calendar: Calendar, now: datetime) -> LeadLine:
    """What the page says of a lead in work."""
    lead, score = line.lead, line.score
    return LeadLine(
        id=lead.id,
        name=called(lead),
        phone=lead.phone,
        held_by=line.made.rep_id,
        total=line.total,
        level=line.level,
        chance=line.chance,
        budget=None if lead.budget_minor is None else lead.budget_minor / 100,
        currency=lead.budget_currency,
        worth=line.worth,
        reasons=[] if score is None else score.reason_texts[:REASONS],
        next=_next(line, calendar, now),
        accepted=line.made.accepted_at is not None,
    )


def _next(line: Line, calendar: Calendar, now: datetime) -> Next:
    """What is due first, else what came last."""
    made, task = line.made, line.task
    word_due = made.due_at if made.first_touch_at is None else None
    task_due = None if task is None else task.due_at
    if task is not None and task_due is not None and (word_due is None or task_due < word_due):
        return _due(task.what, task_due, calendar, now, of_task=True)
    if made.first_touch_at is None:
        words = "Get in touch for the first time"
        return Next(words) if word_due is None else _due(words, word_due, calendar, now)
    if line.answered_at is not None:
        return Next("They answered: get back to them", line.answered_at)
    if task is not None:
        return Next(task.what, of_task=True)
    return Next("Waiting for their answer, you got in touch", line.touched_at)


def _due(
    words: str, due: datetime, calendar: Calendar, now: datetime, of_task: bool = False
) -> Next:
    return Next(words, due, due_in_words(calendar, now, due), due < now, of_task)
