"""Who imports an upload: a claim with a lease, and its attempt as the fencing token.

A process that dies holds its upload until the lease ends; then another goes on from the last batch
that was stored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.uploads.tables import Upload

# Longer than a batch takes to be read, checked and stored.
LEASE = timedelta(seconds=300)
# So often in a row without one more row: something is wrong that another attempt does not mend.
ATTEMPTS = 5
AGAIN_AFTER = timedelta(seconds=30)


class ClaimLost(RuntimeError):
    """Somebody else imports this upload by now."""


@dataclass(frozen=True)
class Held:
    """An upload that this process imports, as long as its attempt is the last."""

    upload_id: str
    attempt: int


def claim(session: Session, holder: str, now: datetime) -> Held | None:
    """Take the upload that has waited longest: one that is due, or whose process has not been heard
    of for a lease."""
    due = (
        select(Upload)
        .where(Upload.state.in_(("queued", "running")), Upload.due_at <= now)
        .where(Upload.in_vain < ATTEMPTS)
        .order_by(Upload.due_at, Upload.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    upload = session.scalars(due).first()
    if upload is None:
        return None
    upload.state, upload.held_by, upload.due_at = "running", holder, now + LEASE
    upload.attempts += 1
    upload.in_vain += 1
    session.flush()
    return Held(upload.id, upload.attempts)


def hold(session: Session, held: Held) -> Upload:
    """The row, for this transaction.

    Raises:
        ClaimLost: the claim does not stand any more.
    """
    ours = select(Upload).where(
        Upload.id == held.upload_id, Upload.attempts == held.attempt, Upload.state == "running"
    )
    fresh = ours.with_for_update().execution_options(populate_existing=True)
    upload = session.scalars(fresh).first()
    if upload is None:
        raise ClaimLost(f"{held.upload_id} is imported by somebody else.")
    return upload


def keep(session: Session, held: Held, now: datetime) -> None:
    """Hold it for another lease: it has come further.

    Raises:
        ClaimLost: as ``hold``.
    """
    upload = hold(session, held)
    upload.due_at, upload.in_vain = now + LEASE, 0


def give_back(session: Session, held: Held, after: datetime, in_vain: bool) -> None:
    """Have it gone on with, by anybody, from that moment on.

    Raises:
        ClaimLost: as ``hold``.
    """
    upload = hold(session, held)
    upload.state, upload.due_at = "queued", after
    if not in_vain:
        upload.in_vain = 0
