"""Who writes an export: a claim with a lease, and its attempt as the fencing token.

A process that dies holds its export until the lease ends; then another begins it anew. Whatever
was written at an earlier attempt is never part of the file.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.exports.parts import add_parts, drop_parts
from leadflow.exports.tables import LeadExport

# Longer than any statement of a background process may take, and the next one.
LEASE = timedelta(seconds=300)
ATTEMPTS = 5
AGAIN_AFTER = timedelta(seconds=30)


class ClaimLost(RuntimeError):
    """Somebody else writes this export by now."""


@dataclass(frozen=True)
class Held:
    """An export that this process writes, as long as its attempt is the last."""

    export_id: str
    attempt: int


def claim(session: Session, holder: str, now: datetime) -> Held | None:
    """Take the export that has waited longest: one that is due, or whose process has not been
    heard of for a lease, and which was not begun too often."""
    due = (
        select(LeadExport)
        .where(LeadExport.state.in_(("queued", "running")), LeadExport.due_at <= now)
        .where(LeadExport.attempts < ATTEMPTS)
        .order_by(LeadExport.due_at, LeadExport.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    made = session.scalars(due).first()
    if made is None:
        return None
    drop_parts(session, made.id)
    made.written = 0
    made.state, made.held_by, made.due_at = "running", holder, now + LEASE
    made.attempts += 1
    session.flush()
    return Held(made.id, made.attempts)


def hold(session: Session, held: Held) -> LeadExport:
    """The row, for this transaction.

    Raises:
        ClaimLost: the claim does not stand any more.
    """
    ours = select(LeadExport).where(
        LeadExport.id == held.export_id,
        LeadExport.attempts == held.attempt,
        LeadExport.state == "running",
    )
    fresh = ours.with_for_update().execution_options(populate_existing=True)
    made = session.scalars(fresh).first()
    if made is None:
        raise ClaimLost(f"{held.export_id} is written by somebody else.")
    return made


def keep(session: Session, held: Held, parts: list[bytes], written: int, now: datetime) -> None:
    """Store more of the file, and hold the export for another lease.

    Raises:
        ClaimLost: as ``hold``.
    """
    made = hold(session, held)
    made.written, made.due_at = written, now + LEASE
    add_parts(session, held.export_id, held.attempt, parts)


def give_back(session: Session, held: Held, after: datetime) -> None:
    """Have it begun anew, by anybody, from that moment on.

    Raises:
        ClaimLost: as ``hold``.
    """
    made = hold(session, held)
    made.state, made.due_at, made.written = "queued", after, 0
    drop_parts(session, held.export_id)
