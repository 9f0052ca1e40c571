"""The lock that everything takes which hands leads out, after the locks of the leads themselves.

Choices that depend on what others got (whose turn it is, who has room) are made one after another;
the lock ends with its transaction.
"""

from time import monotonic, sleep

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.database.copying import ask

ASSIGNMENT_LOCK = 7_240_003
PAUSE_SECONDS = 0.003
_TAKE = text("SELECT pg_advisory_xact_lock(:lock)")
_TRY = "SELECT pg_try_advisory_xact_lock(%(lock)s)"


def take_assignment_lock(session: Session) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    session.execute(_TAKE, {"lock": ASSIGNMENT_LOCK})


def assignment_lock_within(session: Session, seconds: float) -> bool:
    """Hold the lock until the transaction ends, or give up after this time and return False."""
    deadline = monotonic() + seconds
    while not ask(session, _TRY, {"lock": ASSIGNMENT_LOCK})[0]:
        if monotonic() >= deadline:
            return False
        sleep(PAUSE_SECONDS)
    return True
