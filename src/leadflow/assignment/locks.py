"""The lock that everything takes which hands leads out, after the locks of the leads themselves.

Choices that depend on what others got (whose turn it is, who has room) are made one after another;
the lock ends with its transaction.
"""

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

ASSIGNMENT_LOCK = 7_240_003
_TAKE = text("SELECT pg_advisory_xact_lock(:lock)")


def take_assignment_lock(session: Session) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    session.execute(_TAKE, {"lock": ASSIGNMENT_LOCK})


def assignment_lock_within(session: Session, milliseconds: int) -> bool:
    """Hold the lock until the transaction ends, or give up after this time and return False."""
    try:
        with session.begin_nested():
            session.execute(text(f"SET LOCAL lock_timeout = {int(milliseconds)}"))
            session.execute(_TAKE, {"lock": ASSIGNMENT_LOCK})
            session.execute(text("SET LOCAL lock_timeout = 0"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            return False
        raise
    return True
