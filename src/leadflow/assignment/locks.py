"""The lock that everything takes which hands leads out, after the locks of the leads themselves.

Choices that depend on what others got (whose turn it is, who has room) are made one after another;
the lock ends with its transaction.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.database.copying import ask

ASSIGNMENT_LOCK = 7_240_003
_TAKE = text("SELECT pg_advisory_xact_lock(:lock)")
_TAKE_WITHIN = "SELECT advisory_lock_within(%(lock)s, %(most)s)"


def take_assignment_lock(session: Session) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    session.execute(_TAKE, {"lock": ASSIGNMENT_LOCK})


def assignment_lock_within(session: Session, milliseconds: int) -> bool:
    """Hold the lock until the transaction ends, or give up after this time and return False."""
    asked = {"lock": ASSIGNMENT_LOCK, "most": milliseconds}
    return bool(ask(session, _TAKE_WITHIN, asked)[0])
