"""Turns: each endpoint for which something is due has one act in the outbox, and never two.

The act is the claim on the endpoint: its lease and its fencing token say who sends to it, and its
lane has consumers of its own. Messages come by the million and are gone in a second; so it is not
each message that is an act, and of the turns that are over only the last is kept.
"""

import time
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.endpoints.posting import Poster
from leadflow.endpoints.sending import Turn
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import WEBHOOKS
from leadflow.outbox.service import enqueue_many, forget_over

TURNS_LOCK = 7_240_016
# Far shorter than a lease. Then it is another endpoint's turn.
TURN_SECONDS = 5.0
ACT = "send_webhooks"
KEY = "webhooks:"
DUE = text(
    f"""
SELECT e.id FROM webhook_endpoints e
WHERE e.status = 'enabled' AND (e.paused_until IS NULL OR e.paused_until <= :now)
    AND EXISTS (
        SELECT FROM webhook_messages m
        WHERE m.endpoint_id = e.id AND m.status = 'waiting' AND m.due_at <= :now
    )
    AND NOT EXISTS (
        SELECT FROM outbox o
        WHERE o.key = '{KEY}' || e.id AND o.status IN ('waiting', 'claimed', 'failed')
    )
ORDER BY e.id
"""  # noqa: S608 - a constant of ours
)


class EndpointTurn(BaseModel):
    """Whose turn it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint_id: str


def give_turns(session: Session, now: datetime) -> int:
    """Have the outbox send to every endpoint for which something is due and to which nobody sends;
    how many. One process at a time gives turns; another finds nothing to do."""
    mine = session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": TURNS_LOCK})
    if not mine:
        return 0
    ids = list(session.scalars(DUE, {"now": now}))
    if ids:
        forget_over(session, [f"{KEY}{one}" for one in ids])
        enqueue_many(session, ACT, [(f"{KEY}{one}", {"endpoint_id": one}) for one in ids])
    return len(ids)


def send_webhooks(order: Order, payload: EndpointTurn) -> End:
    """Send to one endpoint what is due, for some seconds."""
    ends = time.monotonic() + TURN_SECONDS
    turn = Turn(
        payload.endpoint_id,
        order.settings,
        Poster(order.settings).post,
        lambda: datetime.now(UTC),
        lambda: time.monotonic() < ends,
    )
    delivered, failed = turn.send()
    if not delivered + failed:
        return NothingDone("Nothing is due by now, or the endpoint is switched off.")
    return Done({"delivered": delivered, "failed": failed})


SEND = Outside(ACT, WEBHOOKS, EndpointTurn, send_webhooks, repeatable=True)
