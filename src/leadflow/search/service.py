"""Finding leads: a page of those that a search asks for, as far as its caller sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg.errors import QueryCanceled
from sqlalchemy import Text, cast, func, select, text, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import RepLoad
from leadflow.assignment.team.reach import reps_within
from leadflow.paging import cursors
from leadflow.paging.cursors import Place
from leadflow.paging.keyset import Key, Page, Wanted, beyond, in_order
from leadflow.search.branches import Within, branches, in_any_order, only_owner, statement
from leadflow.search.listed import read_listed
from leadflow.search.question import Question, read_question
from leadflow.search.schemas import LeadList, LeadListed, LeadSearch

# A plan is made for the very values that are searched for, and as things lie in memory.
PLANNED = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('random_page_cost', '1.1', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
)


# Of one salesperson; of more, the best are found along the order of scores.
FEW = 5_000
_PLANNED_IN = "leads are looked for in"


def as_planned(session: Session) -> None:
    """Have statements of this transaction planned as those that look for leads are to be. Not
    within a savepoint, with which it would be taken back unnoticed."""
    begun = session.get_transaction()
    if begun is None or session.info.get(_PLANNED_IN) is not begun:
        session.execute(PLANNED)
        session.info[_PLANNED_IN] = session.get_transaction()


class SearchTooSlow(RuntimeError):
    """A search for which all leads would have to be looked at, one by one."""

    def __init__(self) -> None:
        super().__init__(
            "No index serves this search, and hardly any lead is found by it. Add a condition that "
            "is looked up: status, level, owner, source, name or company; equals or in of "
            "industry, country, region, seniority, job_title, company_name or an attribute; "
            "contains of service_requirements or tags; a range of total_score, company_size, "
            "budget or created_at."
        )


@dataclass(frozen=True)
class _Found:
    """A lead's id, and where its row stands: the value that the list goes by, and the id."""

    lead_id: str
    place: Place


def find_leads(
    session: Session, search: LeadList | LeadSearch, caller: Actor, now: datetime
) -> Page[LeadListed]:
    """One page of the leads that a search asks for and that its caller may read, with the fields
    that it asks for: some statements, however many leads.

    Raises:
        SearchInvalid: it cannot be made as it is written.
        SearchTooSlow: it takes too long.
        CursorRefused: the cursor is of another search.
        RepNotFound: there is no such salesperson.
    """
    question = read_question(session, search)
    wanted = Wanted(search.limit, search.cursor)
    within = seen_by(session, caller)
    with in_time():
        found = page_of_ids(session, question, wanted, within, now)
    if not found.items:
        question.refuse_short_name()
    return Page(read_listed(session, found.items, search.fields, now), found.next)


@contextmanager
def in_time() -> Iterator[None]:
    """What looks for leads within.

    Raises:
        SearchTooSlow: PostgreSQL has ended it, because it took too long.
    """
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, QueryCanceled):
            raise SearchTooSlow from error
        raise


def seen_by(session: Session, caller: Actor, permission: str = "lead.read") -> Within | None:
    """How far the caller reaches with a permission; None: everything."""
    reps = reps_within(session, caller.rep_id, caller.reach(permission) or Reach.OWN)
    return None if reps is None else Within(reps, caller.rep_id)


def how_many(session: Session, question: Question, within: Within | None, now: datetime) -> int:
    """How many leads a search asks for: all of them are looked at."""
    as_planned(session)
    every = union_all(
        *(statement(branch, question, within) for branch in in_any_order(question, now))
    )
    return session.scalar(select(func.count()).select_from(every.subquery())) or 0


def page_of_ids(
    session: Session, question: Question, wanted: Wanted, within: Within | None, now: datetime
) -> Page[str]:
    """The ids of one page: first of the leads that have the value the list goes by, then of those
    that have none."""
    place = None if wanted.cursor is None else cursors.read(wanted.cursor, question.said)
    as_planned(session)
    found: list[_Found] = []
    for valued in (False,) if place is not None and place[0] is None else (True, False):
        left = wanted.limit + 1 - len(found)
        # A page that begins among those with the value goes on with the first of the others.
        begun = place if place is not None and valued == (place[0] is not None) else None
        if left:
            found += _some(session, question, begun, left, valued, within, now)
    kept = found[: wanted.limit]
    more = len(found) > wanted.limit
    following = cursors.written(question.said, kept[-1].place) if more else None
    return Page([one.lead_id for one in kept], following)


def _few(session: Session, question: Question, within: Within | None) -> bool:
    """Whether so few leads can fit that all of them are looked at."""
    owner = only_owner(question, within)
    load = None if owner is None else session.get(RepLoad, owner)
    return owner is not None and (load is None or load.open_leads <= FEW)


def _some(
    session: Session,
    question: Question,
    place: Place | None,
    most: int,
    valued: bool,
    within: Within | None,
    now: datetime,
) -> list[_Found]:
    """Of the leads that have the value, or of those that have none, so many from a place on."""
    parts = []
    for branch in branches(question, now, valued, _few(session, question, within)):
        keys = branch.keys(question.descending)
        chosen = statement(branch, question, within)
        if place is not None:
            chosen = chosen.where(beyond(*((keys, place) if valued else (keys[1:], place[1:]))))
        chosen = chosen.add_columns(branch.value.label("value"))
        parts.append(chosen.order_by(*map(in_order, keys)).limit(most).subquery())
    if not parts:
        return []
    every = union_all(*(select(part) for part in parts)).subquery()
    order = (Key(column, question.descending) for column in (every.c.value, every.c.id))
    together = select(every.c.id, cast(every.c.value, Text)).order_by(*map(in_order, order))
    rows = session.execute(together.limit(most))
    return [_Found(lead_id, (value, lead_id)) for lead_id, value in rows]
