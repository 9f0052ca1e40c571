"""Journals as people look at them: how far each is read, and what is wrong."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.sources.journals.problems import REMARKS, WHAT_TO_DO
from leadflow.sources.tables import SourceJournal


@dataclass(frozen=True)
class JournalShown:
    """How reading a journal goes. All up to ``cursor_at`` has been read; ``problem`` and ``remark``
    are words that stay the same, the others say them to people."""

    cursor_at: datetime
    last_read_at: datetime | None
    next_at: datetime
    failures: int
    failing_since: datetime | None
    problem: str | None
    status: int | None
    what_to_do: str | None
    remark: str | None
    remark_means: str | None
    remarked_at: datetime | None


def journals(session: Session) -> dict[str, JournalShown]:
    """Every journal that is read, by its source."""
    rows = session.scalars(select(SourceJournal).order_by(SourceJournal.source))
    return {row.source: _shown(row) for row in rows}


def journal_of(session: Session, source: str) -> JournalShown | None:
    """The journal of a source; None: it has none."""
    row = session.get(SourceJournal, source)
    return None if row is None else _shown(row)


def _shown(row: SourceJournal) -> JournalShown:
    return JournalShown(
        row.cursor_at,
        row.last_read_at,
        row.next_at,
        row.failures,
        row.failing_since,
        row.problem,
        row.status,
        None if row.problem is None else WHAT_TO_DO[row.problem],
        row.remark,
        None if row.remark is None else REMARKS[row.remark],
        row.remarked_at,
    )
