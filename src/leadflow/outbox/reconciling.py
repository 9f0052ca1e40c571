"""Finding out what became of uncertain acts by asking their receivers."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.failures import describe_with_traceback
from leadflow.outbox.acts import Done, NotPerformed, Order, Outside, Unknown, acts_of
from leadflow.outbox.backoff import ATTEMPTS, delay
from leadflow.outbox.lanes import Lane
from leadflow.settings import Settings

logger = logging.getLogger(__name__)
BATCH = 20
TAKE = text(
    """
WITH due AS (
    SELECT id FROM outbox
    WHERE status = 'uncertain' AND act = ANY(:acts) AND available_at <= :now
        AND ended_at > CAST(:now AS timestamptz) - interval '1 hour'
    ORDER BY ended_at LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET available_at = :again FROM due WHERE o.id = due.id
RETURNING o.id, o.act, o.key, o.payload, o.fencing_token, o.attempts
"""
)
SETTLE = text(
    """
UPDATE outbox SET status = :status, settled_by = 'reconciler', result = CAST(:result AS jsonb),
    available_at = :again,
    ended_at = CASE WHEN :status <> 'waiting' THEN CAST(:now AS timestamptz) END
WHERE id = :id AND status = 'uncertain' AND fencing_token = :token
"""
)


def reconcile(engine: Engine, settings: Settings, lane: Lane, clock: Callable[[], datetime]) -> int:
    """Ask about the uncertain acts of a lane that have a reconciler, some at a time; how many. What
    happened is ``done``; what did not waits for its next attempt, or has ``failed`` after the last;
    the rest is asked about later."""
    acts = {
        act.name: act for act in acts_of(lane.name) if isinstance(act, Outside) and act.reconcile
    }
    if not acts:
        return 0
    now = clock()
    with unit_of_work(engine) as session:
        values = {"acts": list(acts), "now": now, "most": BATCH, "again": now + delay(6)}
        due = session.execute(TAKE, values).all()
    for row_id, name, key, payload, token, attempts in due:
        found = _ask(acts[name], Order(settings, clock(), key), payload)
        if found is not None:
            with unit_of_work(engine) as session:
                _settle(session, row_id, token, attempts, found, clock())
    return len(due)


def _ask(act: Outside[Any], order: Order, payload: dict[str, Any]) -> Done | NotPerformed | None:
    """What the receiver says; None where it cannot, or does not answer."""
    if act.reconcile is None:
        return None
    try:
        found = act.reconcile(order, act.payload.model_validate(payload))
    except NotPerformed as error:
        return error
    except Exception as error:
        where = describe_with_traceback(error)
        logger.warning("outbox act %s could not be reconciled\n%s", act.name, where)
        return None
    return None if isinstance(found, Unknown) else found


def _settle(
    session: Session,
    row_id: str,
    token: int,
    attempts: int,
    found: Done | NotPerformed,
    now: datetime,
) -> None:
    again = "failed" if attempts >= ATTEMPTS else "waiting"
    values = {
        "id": row_id,
        "token": token,
        "status": "done" if isinstance(found, Done) else again,
        "result": json.dumps(found.result) if isinstance(found, Done) else None,
        "now": now,
        "again": now + delay(attempts),
    }
    session.execute(SETTLE, values)
