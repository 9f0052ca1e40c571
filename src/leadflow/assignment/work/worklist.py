"""The leads of one salesperson in the order in which to work them: what is due today by when it is,
then the others by what they are worth, which is the chance that they buy times their budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Double,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.follow_ups.tables import LeadTask
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.paging.keyset import NEVER, Key, Page, Wanted, read_page
from leadflow.scoring.overrides.effective import DOUBLING
from leadflow.scoring.overrides.standing import effective_level, effective_score, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride

Which = Literal["due", "mine", "waiting"]
# Of whom it is said how many leads they have, are counted up to so many.
MOST_COUNTED = 5_000
# Of so many leads, the latest, the budget in the middle is taken for what is usual.
ASKED_FOR_BUDGETS = 200
ENDED = ("converted", "lost")


@dataclass(frozen=True)
class Day:
    """What a list is as of: the moment, until when it is today where the salesperson is, the types
    of events by which a lead answers, and the currency that budgets are compared in."""

    now: datetime
    until: datetime
    answers: Sequence[str]
    currency: str


@dataclass(frozen=True)
class Line:
    """A lead in work. ``chance`` is None where it has no score yet; ``worth``: chance times budget,
    in units of the currency, None where no budget was said in it; ``answered_at``: when it last
    answered, if nobody has got in touch since; ``task``: what is to be done first."""

    made: Assignment
    lead: Lead
    score: LeadScore | None
    total: float | None
    level: str | None
    chance: float | None
    worth: float | None
    touched_at: datetime | None
    answered_at: datetime | None
    task: LeadTask | None


@dataclass(frozen=True)
class Counts:
    """How many leads each list has; of more than ``MOST_COUNTED`` only so many are counted."""

    due: int
    mine: int
    waiting: int


@dataclass(frozen=True)
class ClosedLine:
    """A lead that ended in somebody's hands: ``how`` is ``converted`` or ``lost``."""

    lead: Lead
    how: str
    at: datetime


def worklist(
    session: Session, rep_id: str, which: Which, day: Day, wanted: Wanted, only: str | None = None
) -> Page[Line]:
    """One page of a salesperson's leads: those to work today (``due``), all (``mine``), or those
    whose answer is waited for; ``only``: this lead, wherever it stands. Where each stands is looked
    up first, then what the lines of the page show."""
    usual, stands = usual_budget(session, rep_id, day), _stands(rep_id, day).cte("stands")
    budget = case((Lead.budget_currency == day.currency, Lead.budget_minor / 100.0))
    chance = _chance()
    statement = (
        select(stands.c.id, chance, chance * budget)
        .add_columns(stands.c.touched_at, stands.c.answered_at, stands.c.task_id)
        .join(Lead, Lead.id == stands.c.lead_id)
        .outerjoin(LeadScore, (LeadScore.lead_id == stands.c.lead_id) & LeadScore.is_current)
        .outerjoin(ScoreOverride, (ScoreOverride.lead_id == stands.c.lead_id) & in_force(day.now))
        .where(_which(stands, which, day) if only is None else stands.c.lead_id == only)
    )
    due = case((stands.c.due_at <= day.until, stands.c.due_at), else_=NEVER)
    if wanted.cursor is None and only is None:
        # What a lead is worth has to be known only of those that may be on the page.
        by_then = select(due).where(_which(stands, which, day)).order_by(due)
        last = by_then.offset(wanted.limit).limit(1).scalar_subquery()
        statement = statement.where(due <= func.coalesce(last, NEVER))
    keys = (
        Key(due),
        Key(func.coalesce(chance, 0.0) * func.coalesce(budget, usual), descending=True),
        Key(stands.c.id),
    )
    name = ("worklist", rep_id, which, day.until.isoformat())
    found = read_page(session, statement, keys, name, wanted)
    return Page(_lines(session, found.items, day), found.next)


def counts(session: Session, rep_id: str, day: Day) -> Counts:
    """How many leads are on each of these lists."""
    stands = _stands(rep_id, day).limit(MOST_COUNTED).cte("stands")
    every: tuple[Which, ...] = ("due", "mine", "waiting")
    counted = (func.count().filter(_which(stands, which, day)) for which in every)
    return Counts(*session.execute(select(*counted).select_from(stands)).one())


def closed(session: Session, rep_id: str, wanted: Wanted) -> Page[ClosedLine]:
    """The leads that ended in a salesperson's hands, those that ended last first."""
    ended = Assignment.end_reason.in_(ENDED)
    statement = (
        select(Lead, Assignment.end_reason, Assignment.ended_at)
        .join(Lead, Lead.id == Assignment.lead_id)
        .where(Assignment.rep_id == rep_id, ended, Lead.merged_into.is_(None))
    )
    keys = Key(Assignment.ended_at, descending=True), Key(Assignment.id, descending=True)
    found = read_page(session, statement, keys, ("closed", rep_id), wanted)
    return found.of(lambda row: ClosedLine(*row))


def usual_budget(session: Session, rep_id: str, day: Day) -> float:
    """The budget in the middle of those that some of the salesperson's leads have said; 1 where
    none has. By it a lead is put in order of which nobody knows the budget."""
    some = select(Assignment.lead_id).where(_held_by(rep_id)).order_by(Assignment.id.desc())
    known = select(func.percentile_disc(0.5).within_group(Lead.budget_minor)).where(
        Lead.id.in_(some.limit(ASKED_FOR_BUDGETS)),
        Lead.budget_currency == day.currency,
    )
    return (session.scalar(known) or 100) / 100


def _lines(session: Session, rows: Sequence[Any], day: Day) -> list[Line]:
    """What the lines show, of assignments in their order."""
    shown = (
        select(Assignment, Lead, LeadScore, effective_score(), effective_level())
        .join(Lead, Lead.id == Assignment.lead_id)
        .outerjoin(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(day.now))
        .where(Assignment.id.in_([row[0] for row in rows]))
    )
    known = {row[0].id: row for row in session.execute(shown).tuples()}
    wanted = select(LeadTask).where(LeadTask.id.in_([row[-1] for row in rows if row[-1]]))
    tasks = {task.id: task for task in session.scalars(wanted)}
    return [
        Line(*known[own], chance, worth, touched_at, answered_at, tasks.get(task_id))
        for own, chance, worth, touched_at, answered_at, task_id in rows
        if own in known
    ]


def _stands(rep_id: str, day: Day) -> Select[Any]:
    """Of each lead in work what its list goes by: whether anybody has got in touch, what is due
    first, when somebody did last, and when it has answered since."""
    untouched = Assignment.first_touch_at.is_(None)
    steps = AssignmentStep.assignment_id == Assignment.id, AssignmentStep.kind == "touched"
    last = select(func.max(AssignmentStep.at)).where(*steps).correlate(Assignment)
    touched_at = func.coalesce(last.scalar_subquery(), Assignment.first_touch_at)
    answered = select(func.max(LeadEvent.occurred_at)).where(
        LeadEvent.lead_id == Assignment.lead_id,
        LeadEvent.type == any_(literal(list(day.answers), ARRAY(Text))),
        LeadEvent.occurred_at > touched_at,
    )
    task = _first_task(rep_id)
    answered_at = answered.correlate(Assignment).scalar_subquery()
    return (
        select(
            Assignment.id.label("id"),
            Assignment.lead_id.label("lead_id"),
            untouched.label("untouched"),
            func.least(case((untouched, Assignment.due_at)), task.c.due_at).label("due_at"),
            case((~untouched, touched_at)).label("touched_at"),
            case((~untouched, answered_at)).label("answered_at"),
            task.c.id.label("task_id"),
        )
        .outerjoin(task, true())
        .where(_held_by(rep_id))
    )


def _first_task(rep_id: str) -> LateralFromClause:
    """What the salesperson is to do first about the lead of an assignment."""
    theirs = func.coalesce(LeadTask.rep_id, rep_id) == rep_id
    return (
        select(LeadTask.id, LeadTask.due_at)
        .where(LeadTask.lead_id == Assignment.lead_id, LeadTask.status == "open", theirs)
        .order_by(LeadTask.due_at.asc().nulls_last(), LeadTask.id)
        .limit(1)
        .correlate(Assignment)
        .lateral("task")
    )


def _which(stands: CTE, which: Which, day: Day) -> ColumnElement[bool]:
    """``due``: nobody has got in touch, it has answered, or something is to be done today."""
    if which == "mine":
        return true()
    today = func.coalesce(stands.c.due_at <= day.until, literal(False))
    due = or_(stands.c.untouched, stands.c.answered_at.is_not(None), today)
    return due if which == "due" else not_(due)


def _chance() -> ColumnElement[float]:
    """The chance that the score in force stands for (``overrides.effective``), by lead."""
    likely = func.least(func.greatest(LeadScore.probability, 1e-9), 1 - 1e-9)
    moved = func.coalesce(ScoreOverride.new_score - LeadScore.points, 0.0)
    odds = likely / (1 - likely) * func.power(2.0, moved / DOUBLING)
    return cast(odds / (1 + odds), Double)


def _held_by(rep_id: str) -> ColumnElement[bool]:
    return and_(Assignment.rep_id == rep_id, Assignment.ended_at.is_(None))
