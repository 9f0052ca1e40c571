"""Acts that happen outside a transaction: written in it, carried out once after it.

A row is claimed with a lease. Every act registered here is safe to repeat under the same key (it
asks for the same end state), so a claim whose holder died is taken up again when its lease ends.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.database.tables import OutboxRow

LEASE = timedelta(minutes=2)
ATTEMPTS = 8
Act = Callable[[dict[str, Any]], dict[str, Any]]
logger = logging.getLogger(__name__)


class UnknownAct(RuntimeError):
    """An outbox row names an act that no room has registered."""


def enqueue(session: Session, act: str, key: str, payload: dict[str, Any]) -> None:
    """Write an act to be carried out after this transaction; a key is taken only once."""
    row = {"id": new_id("out"), "act": act, "key": key, "payload": payload}
    session.execute(insert(OutboxRow).values(row).on_conflict_do_nothing(index_elements=["key"]))


def deliver(engine: Engine, acts: dict[str, Act], now: Callable[[], datetime]) -> int:
    """Carry out everything that is due; returns how many acts ended well.

    A failing act is tried again later, each time after twice as long, and is ``failed`` after
    eight attempts.
    """
    ended = 0
    while (claim := _claim(engine, now())) is not None:
        row_id, act, payload = claim
        try:
            handler = acts.get(act)
            if handler is None:
                raise UnknownAct(f"No room has registered the act {act}.")
            result = handler(payload)
        except Exception as error:
            logger.warning("outbox act %s (%s) failed: %s", act, row_id, type(error).__name__)
            _put_back(engine, row_id, error, now())
        else:
            _end(engine, row_id, result, now())
            ended += 1
    return ended


def _claim(engine: Engine, now: datetime) -> tuple[str, str, dict[str, Any]] | None:
    due = or_(
        (OutboxRow.status == "waiting") & (OutboxRow.available_at <= now),
        (OutboxRow.status == "claimed") & (OutboxRow.lease_until < now),
    )
    with unit_of_work(engine) as session:
        row = session.scalars(
            select(OutboxRow)
            .where(due)
            .order_by(OutboxRow.available_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        row.status, row.lease_until, row.attempts = "claimed", now + LEASE, row.attempts + 1
        return row.id, row.act, row.payload


def _put_back(engine: Engine, row_id: str, error: Exception, now: datetime) -> None:
    with unit_of_work(engine) as session:
        row = session.get_one(OutboxRow, row_id)
        row.error = f"{type(error).__name__}: {error}"[:1000]
        row.lease_until = None
        row.status = "failed" if row.attempts >= ATTEMPTS else "waiting"
        row.available_at = now + timedelta(seconds=2**row.attempts)
        row.ended_at = now if row.status == "failed" else None


def _end(engine: Engine, row_id: str, result: dict[str, Any], now: datetime) -> None:
    with unit_of_work(engine) as session:
        row = session.get_one(OutboxRow, row_id)
        row.status, row.result, row.ended_at, row.lease_until = "done", result, now, None
        row.error = None
