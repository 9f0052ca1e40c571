"""Claims: who performs which act, until when, and who may still record its end.

A claim holds under a lease and carries a fencing token that counts the claims of its row. Whoever
comes back after the lease has ended, and finds that somebody else has claimed the act since, holds
an old token and can record nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.outbox.acts import End, NothingDone, acts_of
from leadflow.outbox.backoff import ATTEMPTS
from leadflow.outbox.lanes import Lane

CLAIM = text(
    """
WITH due AS (
    SELECT id FROM outbox
    WHERE lane = :lane AND status = 'waiting' AND available_at <= :now
    ORDER BY available_at, id LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET status = 'claimed', lease_until = :lease, claimed_by = :holder,
    fencing_token = o.fencing_token + 1, begun_at = NULL
FROM due WHERE o.id = due.id
RETURNING o.available_at, o.id, o.act, o.key, o.payload, o.fencing_token, o.attempts,
    o.traceparent
"""
)
HELD = "WHERE id = :id AND status = 'claimed' AND fencing_token = :token"
BEGIN = text(
    f"UPDATE outbox SET begun_at = :now, lease_until = :lease, attempts = attempts + 1 {HELD} "
    "RETURNING attempts"
)
HOLD = text(f"SELECT 1 FROM outbox {HELD} FOR UPDATE")
END = text(
    "UPDATE outbox SET status = :status, lease_until = NULL, result = CAST(:result AS jsonb), "
    "why = :why, error = :error, available_at = coalesce(:again, available_at), "
    f"ended_at = :ended {HELD} RETURNING 1"
)
# One that was not begun is anybody's again; one that was begun only where it may be repeated.
BREAK = text(
    """
WITH broken AS (
    SELECT id, CASE
        WHEN begun_at IS NOT NULL AND act <> ALL(:repeatable) THEN 'uncertain'
        WHEN attempts >= :attempts THEN 'failed'
        ELSE 'waiting' END AS becomes
    FROM outbox WHERE lane = :lane AND status = 'claimed' AND lease_until < :now
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET status = becomes, lease_until = NULL, available_at = :now,
    error = 'The process that performed it died: ' || coalesce(claimed_by, '?'),
    ended_at = CASE WHEN becomes <> 'waiting' THEN CAST(:now AS timestamptz) END
FROM broken WHERE o.id = broken.id
RETURNING o.id, o.act, o.status
"""
)
RELEASE = text(
    "UPDATE outbox o SET status = 'waiting', lease_until = NULL "
    "FROM unnest(CAST(:ids AS text[]), CAST(:tokens AS bigint[])) AS held(id, token) "
    "WHERE o.id = held.id AND o.fencing_token = held.token AND o.status = 'claimed' "
    "AND o.begun_at IS NULL"
)


@dataclass(frozen=True)
class Claim:
    """An act of which the holder may record the end, as long as the token is the newest.
    ``traceparent`` is the trace it was asked for in."""

    row_id: str
    act: str
    key: str
    payload: dict[str, Any]
    token: int
    attempts: int
    traceparent: str | None = None

    @property
    def held(self) -> dict[str, Any]:
        """What finds the row while this claim stands."""
        return {"id": self.row_id, "token": self.token}


def claim(
    session: Session, lane: Lane, holder: str, now: datetime, lease: timedelta
) -> list[Claim]:
    """Claim what is due in a lane, the oldest first, at most a batch of it."""
    values = {
        "lane": lane.name,
        "now": now,
        "most": lane.batch,
        "lease": now + lease,
        "holder": holder,
    }
    due = sorted(session.execute(CLAIM, values), key=lambda row: (row[0], row[1]))
    return [Claim(*row[1:]) for row in due]


def begin(session: Session, held: Claim, now: datetime, lease: timedelta) -> int | None:
    """Note that the act is performed from now on, and hold it for a whole lease; which attempt it
    is, or None where the claim is lost. Commit before performing it."""
    values = held.held | {"now": now, "lease": now + lease}
    attempt: int | None = session.execute(BEGIN, values).scalar_one_or_none()
    return attempt


def hold(session: Session, held: Claim) -> bool:
    """Lock the row for this transaction; False where the claim is lost."""
    return session.execute(HOLD, held.held).first() is not None


def end(session: Session, held: Claim, ended: End, now: datetime) -> str | None:
    """Record how it ended; the state it is in now, None where the claim is lost, and somebody else
    records it."""
    nothing = isinstance(ended, NothingDone)
    why = ended.why if isinstance(ended, NothingDone) else None
    return _end(session, held, "nothing_done" if nothing else "done", now, ended.result, why)


def end_uncertain(session: Session, held: Claim, error: str, now: datetime) -> str | None:
    """Record that nobody knows whether it happened."""
    return _end(session, held, "uncertain", now, error=error)


def put_back(
    session: Session, held: Claim, error: str, now: datetime, after: timedelta
) -> str | None:
    """Record that it surely did not happen: it waits for its next attempt, or has ``failed`` after
    the last. ``held`` is as it was begun."""
    if held.attempts >= ATTEMPTS:
        return _end(session, held, "failed", now, error=error)
    return _end(session, held, "waiting", None, error=error, again=now + after)


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give back what was claimed and not begun, where the claim still stands."""
    ids, tokens = [one.row_id for one in claims], [one.token for one in claims]
    session.execute(RELEASE, {"ids": ids, "tokens": tokens})


def break_expired(session: Session, lane: Lane, now: datetime) -> list[tuple[str, str, str]]:
    """End the claims whose lease has: id, act and what each has become, ``waiting``,
    ``uncertain`` or ``failed``."""
    repeatable = [act.name for act in acts_of(lane.name) if act.repeatable]
    values = {"lane": lane.name, "repeatable": repeatable, "attempts": ATTEMPTS, "now": now}
    return [tuple(row) for row in session.execute(BREAK, values)]


def _end(
    session: Session,
    held: Claim,
    status: str,
    ended: datetime | None,
    result: dict[str, Any] | None = None,
    why: str | None = None,
    error: str | None = None,
    again: datetime | None = None,
) -> str | None:
    values = {
        "status": status,
        "result": None if result is None else json.dumps(result),
        "why": why,
        "error": error,
        "again": again,
        "ended": ended,
    }
    recorded = session.execute(END, values | held.held).first() is not None
    return status if recorded else None
