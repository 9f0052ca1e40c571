"""Keeping what each loop did last, and reading it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.background.tables import BackgroundLoop

# A process that has not been heard of for so long has ended, or hangs.
SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Record:
    """What one loop of one process did last; as the columns of ``BackgroundLoop``."""

    process: str
    loop: str
    started_at: datetime
    looked_at: datetime
    worked_at: datetime | None = None
    failures: int = 0
    error: str | None = None
    failed_at: datetime | None = None


def keep(session: Session, record: Record) -> None:
    """Write it over what was kept of this loop."""
    values = asdict(record)
    written = insert(BackgroundLoop).values(values)
    changed = {name: value for name, value in values.items() if name not in ("process", "loop")}
    session.execute(written.on_conflict_do_update(index_elements=["process", "loop"], set_=changed))


def forget_ended(session: Session, now: datetime) -> None:
    """Forget processes that have not been heard of for a day."""
    old = BackgroundLoop.looked_at < now - FORGOTTEN_AFTER
    session.execute(delete(BackgroundLoop).where(old))


def leave(session: Session, process: str) -> None:
    """Forget a process that ends in good order."""
    session.execute(delete(BackgroundLoop).where(BackgroundLoop.process == process))


def running(session: Session, now: datetime) -> Sequence[BackgroundLoop]:
    """The loops of processes that have been heard of within the last minute."""
    heard = select(BackgroundLoop).where(BackgroundLoop.looked_at > now - SILENT_AFTER)
    return session.scalars(heard.order_by(BackgroundLoop.loop, BackgroundLoop.process)).all()
