"""About how many leads a search asks for, without looking at all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import ClauseElement, Executable, Select, func, select, text, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from leadflow.search.branches import Within, in_any_order, statement
from leadflow.search.question import Question
from leadflow.search.service import as_planned

# So few are counted, where that takes no longer than this (milliseconds).
COUNTED, AT_MOST = 5000, 60
DIGITS = 2


@dataclass(frozen=True)
class Total:
    """How many there are; ``exact``: they were counted, and not guessed by PostgreSQL; ``more``:
    there are more, and nobody knows how many."""

    number: int
    exact: bool
    more: bool = False

    def __str__(self) -> str:
        if self.more:
            return f"more than {self.number:,}"
        return f"{self.number:,}" if self.exact else f"about {rounded(self.number):,}"


class _Explained(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _explained(element: _Explained, compiler: SQLCompiler, **said: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **said)}"


def about_how_many(
    session: Session,
    question: Question,
    within: Within | None,
    now: datetime,
    at_most: int = AT_MOST,
) -> Total:
    """How many leads a search asks for: counted where they are few and found in so many
    milliseconds, else as PostgreSQL guesses."""
    as_planned(session)
    parts = [statement(branch, question, within) for branch in in_any_order(question, now)]
    every = select(union_all(*parts).subquery().c.id)
    guessed = int(session.execute(_Explained(every)).scalar_one()[0]["Plan"]["Plan Rows"])
    counted = _counted(session, every, at_most) if guessed <= COUNTED else None
    return Total(guessed, False) if counted is None else Total(counted, True)


def rounded(number: int) -> int:
    """With as many digits as a guess is worth: 12,345 is 12,000."""
    return int(round(number, DIGITS - len(str(number))))


def _counted(session: Session, every: Select[Any], at_most: int) -> int | None:
    """How many there are; None where there are more than were guessed, or it takes too long."""
    few = select(func.count()).select_from(every.limit(COUNTED + 1).subquery())
    before = session.scalar(text("SHOW statement_timeout"))
    set_to = text("SELECT set_config('statement_timeout', :most, true)")
    try:
        with session.begin_nested():
            session.execute(set_to, {"most": f"{at_most}"})
            found = session.scalar(few) or 0
            session.execute(set_to, {"most": before})
    except DBAPIError as error:
        if isinstance(error.orig, QueryCanceled):
            return None
        raise
    return found if found <= COUNTED else None
