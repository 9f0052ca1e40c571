"""Sending what waits for one endpoint: a turn of some seconds, message by message.

Of each lead the earliest that waits, so that a receiver hears of a lead in the order in which it
happened; messages of different leads go side by side. An attempt is written down before it is made:
who dies in the middle of one leaves it without an end, and the message is sent again, under its id.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.database.engine import unit_of_work
from leadflow.endpoints import signing
from leadflow.endpoints.bodies import body_of, leads_told
from leadflow.endpoints.posting import Answer, Signed
from leadflow.endpoints.settling import Health, after, health_after, to_be_disabled
from leadflow.endpoints.tables import Endpoint
from leadflow.endpoints.wanting import want
from leadflow.outbox.service import enqueue
from leadflow.settings import Settings

# Side by side, to one endpoint.
AT_A_TIME = 8
NOTIFY = "notify_of_endpoint"
TAKE = text(
    """
WITH heads AS (
    SELECT id FROM webhook_messages m
    WHERE endpoint_id = :endpoint AND status = 'waiting' AND due_at <= :now AND NOT EXISTS (
        SELECT FROM webhook_messages earlier
        WHERE earlier.endpoint_id = m.endpoint_id AND earlier.lead_id = m.lead_id
            AND earlier.status = 'waiting' AND earlier.number < m.number
    )
    ORDER BY due_at, number LIMIT :most
), taken AS (
    UPDATE webhook_messages m SET attempts = attempts + 1 FROM heads WHERE m.id = heads.id
    RETURNING m.id, m.number, m.type, m.lead_id, m.facts, m.created_at, m.attempts
), begun AS (
    INSERT INTO webhook_attempts (message_id, begun_at) SELECT id, :now FROM taken
    RETURNING id AS attempt_id, message_id
)
SELECT taken.id, type, lead_id, facts, created_at, attempts, attempt_id
FROM taken JOIN begun ON message_id = taken.id ORDER BY number
"""
)
# ``attempts`` is as it was taken: what somebody else has taken or replayed since is theirs.
RECORD = text(
    """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id text, attempt_id bigint,
        attempts int, answered int, error text, milliseconds int, status text, due_at timestamptz)
), noted AS (
    UPDATE webhook_attempts a SET answered = g.answered, error = g.error,
        milliseconds = g.milliseconds
    FROM given g WHERE a.id = g.attempt_id
)
UPDATE webhook_messages m SET status = g.status, due_at = coalesce(g.due_at, m.due_at),
    ended_at = CASE WHEN g.status <> 'waiting' THEN CAST(:now AS timestamptz) END
FROM given g WHERE m.id = g.id AND m.status = 'waiting' AND m.attempts = g.attempts
"""
)


@dataclass(frozen=True)
class Taken:
    """A message whose attempt has begun."""

    signed: Signed
    attempt_id: int
    attempts: int


@dataclass(frozen=True)
class Turn:
    """Sends to one endpoint. ``post`` makes one attempt; ``until`` says whether there is time for
    more."""

    endpoint_id: str
    settings: Settings
    post: Callable[[Signed, datetime], Answer]
    clock: Callable[[], datetime]
    until: Callable[[], bool]

    def send(self) -> tuple[int, int]:
        """Send what is due, until nothing is or the time is up; how many attempts delivered a
        message, and how many did not."""
        delivered = failed = 0
        with ThreadPoolExecutor(AT_A_TIME, "webhooks") as threads:
            while self.until():
                with unit_of_work() as session:
                    batch = take(session, self.endpoint_id, self.clock())
                if not batch:
                    break
                answers = list(threads.map(lambda one: self.post(one.signed, self.clock()), batch))
                with unit_of_work() as session:
                    record(session, self.endpoint_id, batch, answers, self.clock(), self.settings)
                delivered += sum(one.delivered for one in answers)
                failed += sum(not one.delivered for one in answers)
        return delivered, failed


def take(session: Session, endpoint_id: str, now: datetime) -> list[Taken]:
    """Begin attempts of what is due; nothing where the endpoint is not to be told anything now.
    Commit before making them. Where nothing gets through, one message tries whether it does."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or endpoint.status != "enabled":
        return []
    if endpoint.paused_until is not None and endpoint.paused_until > now:
        return []
    secrets = signing.live_secrets(session, endpoint_id, now)
    most = 1 if _health(endpoint).failing else AT_A_TIME
    values = {"endpoint": endpoint_id, "now": now, "most": most}
    rows = session.execute(TAKE, values).all()
    leads = leads_told(
        session, [row.lead_id for row in rows if row.lead_id], endpoint.include_personal
    )
    return [
        Taken(
            Signed(
                endpoint.url,
                row.id,
                body_of(row.type, row.created_at, row.facts, leads.get(row.lead_id)),
                secrets,
            ),
            row.attempt_id,
            row.attempts,
        )
        for row in rows
    ]


def record(
    session: Session,
    endpoint_id: str,
    batch: Sequence[Taken],
    answers: Sequence[Answer],
    now: datetime,
    settings: Settings,
) -> None:
    """Write down how the attempts ended, and what that makes of their messages and the endpoint."""
    endpoint = session.get(Endpoint, endpoint_id, with_for_update={"key_share": True})
    rows = [_ended(one, answer, now) for one, answer in zip(batch, answers, strict=True)]
    session.execute(RECORD, {"rows": json.dumps(rows), "now": now})
    if endpoint is None or endpoint.status != "enabled":
        return
    health = health_after(_health(endpoint), answers, now)
    endpoint.failures, endpoint.failing_since = health.failures, health.failing_since
    endpoint.paused_until = health.paused_until
    if health.failures == 0:
        endpoint.delivered_at = now
    why = to_be_disabled(health, answers, now, settings.webhook_failing_days)
    if why is not None:
        _disable(session, endpoint, why, now)


def _disable(session: Session, endpoint: Endpoint, why: str, now: datetime) -> None:
    """Switch it off, and have whoever made it and the admins told."""
    endpoint.status, endpoint.disabled_why, endpoint.changed_at = "disabled", why, now
    want(session, endpoint)
    key = f"endpoint_disabled:{endpoint.id}:{now.isoformat()}"
    enqueue(session, NOTIFY, key, {"endpoint_id": endpoint.id, "person_id": None})
    subject, detail = f"endpoint/{endpoint.id}", {"name": endpoint.name}
    audit.record(session, "outbox", "endpoint.disabled", subject, detail, why=why)


def _health(endpoint: Endpoint) -> Health:
    return Health(endpoint.failures, endpoint.failing_since, endpoint.paused_until)


def _ended(taken: Taken, answer: Answer, now: datetime) -> dict[str, Any]:
    became = after(answer, taken.attempts, now)
    return {
        "id": taken.signed.message_id,
        "attempt_id": taken.attempt_id,
        "attempts": taken.attempts,
        "answered": answer.status,
        "error": answer.error,
        "milliseconds": answer.milliseconds,
        "status": became.status,
        "due_at": None if became.due_at is None else became.due_at.isoformat(),
    }
