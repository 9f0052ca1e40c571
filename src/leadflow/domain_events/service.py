"""Readers of domain events: what each wants to know of, and clearing what is old."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.domain_events.tables import WantedType

FORGET = text(
    """
DELETE FROM domain_events WHERE id IN (
    SELECT id FROM domain_events WHERE at < :before AND reacted_at IS NOT NULL LIMIT 10000
)
"""
)


def want_only(session: Session, reader: str, types: Collection[str]) -> None:
    """Let these be the types that a reader is told of from now on."""
    of_reader = WantedType.reader == reader
    known = set(session.scalars(select(WantedType.type).where(of_reader)))
    wanted = set(types)
    if gone := known - wanted:
        session.execute(delete(WantedType).where(of_reader, WantedType.type.in_(gone)))
    if new := wanted - known:
        rows = [{"reader": reader, "type": one} for one in sorted(new)]
        session.execute(insert(WantedType).values(rows).on_conflict_do_nothing())


def forget_old(session: Session, before: datetime) -> int:
    """Delete events from before that moment, at most ten thousand; how many."""
    return int(session.execute(FORGET, {"before": before}).rowcount)  # type: ignore[attr-defined]
