"""The outbox for people: listing acts, settling whether an uncertain one happened, trying an ended
one once more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.outbox.service import CHANNEL
from leadflow.outbox.tables import OutboxRow
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page

SettleAs = Literal["done", "nothing_done", "failed"]
SETTLED = ("uncertain", "failed", "waiting")
RETRIED = ("uncertain", "failed", "nothing_done")

# Those created earlier are found by a small index; an act may end long after it was asked for.
FORGET = text(
    """
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox
    WHERE created_at < :before AND ended_at < :before AND status IN ('done', 'nothing_done')
    LIMIT 10000 FOR UPDATE SKIP LOCKED
)
"""
)


class ActNotFound(LookupError):
    """The outbox holds no act with this id."""

    def __init__(self, row_id: str) -> None:
        super().__init__(f"The outbox holds no act {row_id[:80]}. See: leadflow outbox list")


class ActElsewhere(RuntimeError):
    """The act is in a state in which this cannot be done."""


def find(
    session: Session,
    states: Sequence[str] = (),
    lane: str | None = None,
    wanted: Wanted = FIRST,
) -> Page[OutboxRow]:
    """Acts in these states (all where none is given), the newest first."""
    statement = select(OutboxRow)
    if states:
        statement = statement.where(OutboxRow.status.in_(states))
    if lane is not None:
        statement = statement.where(OutboxRow.lane == lane)
    keys = Key(OutboxRow.created_at, descending=True), Key(OutboxRow.id, descending=True)
    return read_page(session, statement, keys, ("outbox", sorted(states), lane), wanted)


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many acts there are by lane and state."""
    counted = select(OutboxRow.lane, OutboxRow.status, func.count()).group_by(
        OutboxRow.lane, OutboxRow.status
    )
    return {(lane, status): number for lane, status, number in session.execute(counted)}


def forget_ended(session: Session, before: datetime) -> int:
    """Delete acts that were done, or had nothing to do, before that moment, at most ten thousand;
    how many. What a person has still to settle stays."""
    return int(session.execute(FORGET, {"before": before}).rowcount)  # type: ignore[attr-defined]


def settle(
    session: Session, row_id: str, as_: SettleAs, by: str, reason: str, now: datetime
) -> OutboxRow:
    """Record how an act ended that nobody performs any more; ``reason`` goes to the audit log.

    Raises:
        ActNotFound: no such act.
        ActElsewhere: it has ended, or is being performed.
    """
    row = _held(session, row_id, SETTLED, "settled")
    was, row.status, row.settled_by, row.ended_at = row.status, as_, by, now
    row.why = "settled by a person"
    _audit(session, row, "settled", by, reason, was)
    return row


def retry(session: Session, row_id: str, by: str, reason: str, now: datetime) -> OutboxRow:
    """Have an act performed once more. Of an uncertain one, whoever asks takes it on themselves
    that it did not happen.

    Raises:
        ActNotFound: no such act.
        ActElsewhere: it is done, waits anyway, or is being performed.
    """
    row = _held(session, row_id, RETRIED, "tried again")
    was, row.status, row.settled_by, row.ended_at = row.status, "waiting", by, None
    row.attempts, row.available_at, row.why = 0, now, None
    _audit(session, row, "retried", by, reason, was)
    ring = text("SELECT pg_notify(:channel, :lane)")
    session.execute(ring, {"channel": CHANNEL, "lane": row.lane})
    return row


def _held(session: Session, row_id: str, states: tuple[str, ...], what: str) -> OutboxRow:
    wanted = select(OutboxRow).where(OutboxRow.id == row_id).with_for_update()
    row = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if row is None:
        raise ActNotFound(row_id)
    if row.status not in states:
        raise ActElsewhere(f"{row.id} is {row.status}; only {', '.join(states)} can be {what}.")
    return row


def _audit(session: Session, row: OutboxRow, done: str, by: str, reason: str, was: str) -> None:
    session.flush()
    audit.record(
        session,
        by,
        f"outbox.{done}",
        row.id,
        {"act": row.act, "key": row.key},
        said=reason,
        before={"status": was},
        after={"status": row.status},
    )
