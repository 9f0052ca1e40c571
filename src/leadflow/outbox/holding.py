"""What was pending when the store was set back: it may have been done since, so that nothing of it
is silently done twice."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.outbox.acts import ACTS

WHY = "It was pending in the backup that was restored, and may have been done since."
HOLD = text(
    """
UPDATE outbox SET status = 'uncertain', lease_until = NULL, fencing_token = fencing_token + 1,
    available_at = :now, ended_at = :now, error = :why
WHERE status IN ('waiting', 'claimed') AND act <> ALL(:repeatable)
"""
)
GIVE_BACK = text(
    """
UPDATE outbox SET status = 'waiting', lease_until = NULL, fencing_token = fencing_token + 1
WHERE status = 'claimed'
"""
)


def hold_pending(session: Session, now: datetime) -> int:
    """Have a person settle every act that was not over and must not happen twice; how many. Acts
    that may be repeated, or whose whole effect was set back with the database, are done anew."""
    repeatable = [act.name for act in ACTS.values() if act.repeatable]
    values = {"now": now, "why": WHY, "repeatable": repeatable}
    held = int(session.execute(HOLD, values).rowcount)  # type: ignore[attr-defined]
    session.execute(GIVE_BACK)
    return held
