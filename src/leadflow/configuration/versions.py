"""What counted at a moment, of what is kept in versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session


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
