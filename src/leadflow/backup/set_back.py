"""What follows from a database that was set back to an earlier state, however that was done."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.outbox.holding import hold_pending

# Whoever had signed out since would be signed in again, and a code that was used would work again.
OPEN_DOORS = ("DELETE FROM sessions", "DELETE FROM approval_codes")
GONE_PROCESSES = "DELETE FROM background_loops"


def after_setting_back(session: Session, now: datetime) -> int:
    """End all sign-ins and codes, and have people settle what may have been done since and must not
    be done twice; how many acts that are."""
    for statement in (*OPEN_DOORS, GONE_PROCESSES):
        session.execute(text(statement))
    return hold_pending(session, now)
