"""What state a message is in by what is told of it."""

import json
from collections.abc import Sequence

from sqlalchemy.orm import Session

from leadflow.campaigns.feedback.noted import New
from leadflow.campaigns.feedback.told import Kind
from leadflow.database.copying import run

# Before either was told.
OPEN = frozenset({"planned", "claimed", "accepted", "uncertain"})
# Whoever answers a message, or opens it, has got it.
ARRIVED: frozenset[Kind] = frozenset(
    {"opened", "clicked", "complained", "unsubscribed", "replied", "auto_replied"}
)
# What a provider tells of while the message is still held ends the claim: it has been taken.
MOVE = """
UPDATE campaign_messages AS m SET status = t.status, why = t.why, claim = NULL,
    claimed_until = NULL, sent_at = coalesce(m.sent_at, t.at),
    provider_id = coalesce(m.provider_id, t.provider_id)
FROM json_to_recordset(%(rows)s::json)
    AS t (id text, status text, why text, at timestamptz, provider_id text)
WHERE m.id = t.id
"""


def move(session: Session, new: Sequence[New]) -> None:
    """Bring messages that are held into the state that they are in by what is new of them: a bounce
    counts whatever else is told, in whichever order."""
    moved: dict[str, dict[str, object]] = {}
    now_in: dict[str, str] = {}
    for one in new:
        before = now_in.get(one.message.id, one.message.status)
        after = became(before, one.told.kind)
        if after != before:
            now_in[one.message.id] = after
            moved[one.message.id] = {
                "id": one.message.id,
                "status": after,
                "why": one.told.bounce_class,
                "at": one.told.happened_at.isoformat(),
                "provider_id": one.told.provider_id,
            }
    if moved:
        rows = [moved[own] for own in sorted(moved)]
        run(session, MOVE, {"rows": json.dumps(rows)})


def became(status: str, kind: Kind) -> str:
    """The state of a message that was in one and of which this is told."""
    if kind == "bounced" and (status in OPEN or status == "delivered"):
        return "bounced"
    if kind == "delivered" and status in OPEN:
        return "delivered"
    if kind in ARRIVED and status in ("claimed", "uncertain"):
        return "accepted"
    return status
