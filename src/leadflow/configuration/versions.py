"""What counted at a moment, of what is kept in versions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from leadflow.configuration.kinds import Change


def contents_at(
    session: Session, name: InstrumentedAttribute[str], at: datetime | None
) -> dict[str, Any]:
    """The content of the newest version of each name at a moment, None for now; those that had been
    taken out by then are not among them. ``name`` is a column of a table with ``version``,
    ``content`` (empty: taken out) and ``created_at``."""
    table = name.class_
    newest = select(name, table.content).distinct(name).order_by(name, table.version.desc())
    if at is not None:
        newest = newest.where(table.created_at <= at)
    found = session.execute(newest).tuples()
    return {one: content for one, content in found if content is not None}


def changes_of(
    name: InstrumentedAttribute[str],
) -> Callable[[Session, str | None, int], Sequence[Change]]:
    """The newest changes of what is kept in versions: of one of these names, or of all. ``name`` is
    a column of a table as in ``contents_at``, with ``created_by``."""
    table = name.class_

    def changes(session: Session, one: str | None, most: int) -> Sequence[Change]:
        newest = select(table.created_at, table.created_by, name)
        newest = newest.order_by(table.created_at.desc(), name).limit(most)
        if one is not None:
            newest = newest.where(name == one)
        return [Change(*row) for row in session.execute(newest)]

    return changes
