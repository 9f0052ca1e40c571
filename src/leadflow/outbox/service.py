"""Writing acts into the outbox, in the transaction of whoever wants them done."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.database.copying import run
from leadflow.database.ids import new_id
from leadflow.observability.trace_context import traceparent
from leadflow.outbox.acts import act_of

CHANNEL = "leadflow_outbox"
# Consumers are rung by the commit; a key that is taken rings nobody.
WRITE = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(%(rows)s AS jsonb)) AS r(id text, key text, payload jsonb)
), written AS (
    INSERT INTO outbox (id, lane, act, key, payload, traceparent, available_at)
    SELECT id, %(lane)s, %(act)s, key, payload, %(traceparent)s,
        coalesce(%(after)s::timestamptz, now())
    FROM given
    ON CONFLICT (key) DO NOTHING
    RETURNING 1
)
SELECT pg_notify(%(channel)s, %(lane)s) FROM written LIMIT 1
"""
FORGET = text("DELETE FROM outbox WHERE key = ANY(:keys) AND status IN ('done', 'nothing_done')")


def enqueue(
    session: Session,
    act: str,
    key: str,
    payload: Mapping[str, Any],
    after: datetime | None = None,
) -> None:
    """Have an act performed once this transaction has committed, and not before ``after``; a key is
    taken only once.

    Raises:
        UnknownAct: no room declares it.
        pydantic.ValidationError: the payload is not what the act takes.
    """
    enqueue_many(session, act, [(key, payload)], after)


def enqueue_many(
    session: Session,
    act: str,
    acts: Sequence[tuple[str, Mapping[str, Any]]],
    after: datetime | None = None,
) -> None:
    """The same for many acts of one name, each a key and a payload, in one statement."""
    declared = act_of(act)
    rows = [
        {
            "id": new_id("out"),
            "key": key,
            "payload": declared.payload.model_validate(payload).model_dump(mode="json"),
        }
        for key, payload in acts
    ]
    if rows:
        values = {
            "rows": json.dumps(rows),
            "lane": declared.lane.name,
            "act": act,
            "traceparent": traceparent(),
            "channel": CHANNEL,
            "after": after,
        }
        run(session, WRITE, values)


def forget_over(session: Session, keys: Sequence[str]) -> None:
    """Forget acts of these keys that are over, so that the keys are free: for what is done again
    and again, and of which the last time is enough to know."""
    session.execute(FORGET, {"keys": list(keys)})
