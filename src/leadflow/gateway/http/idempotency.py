"""A request that carries an Idempotency-Key is taken once, however often it is sent."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Header, Response
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.database.ids import new_id
from leadflow.database.tables import InboxRow
from leadflow.gateway.http.problems import Problem

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="Any text of yours; a request sent again under the same key is taken once.",
    ),
]


def accept(session: Session, caller: str, key: str | None, content: Any) -> InboxRow | None:
    """The inbox row of a request that carries a key; who sends the same at once waits here.

    Args:
        content: what the request says, as JSON; also its address, where that says something.

    Raises:
        Problem: 409, the key was used for another request.
    """
    if key is None:
        return None
    source = f"api:{caller}"
    digest = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    row = {
        "id": new_id("inbox"),
        "source": source,
        "delivery_id": key,
        "content_hash": digest,
        "status": "accepted",
    }
    session.execute(insert(InboxRow).values(row).on_conflict_do_nothing())
    known = session.scalars(
        select(InboxRow)
        .where(InboxRow.source == source, InboxRow.delivery_id == key)
        .with_for_update()
    ).one()
    if known.content_hash != digest:
        raise Problem(
            409,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request",
            "Use a new key for a new request, or send the first request again unchanged.",
        )
    return known


def replay(delivery: InboxRow | None, response: Response) -> dict[str, Any] | None:
    """What came of the request when it was first sent, or None if it was not. The answer is then
    200 and says so in ``Idempotent-Replay``."""
    if delivery is None or delivery.status != "done" or not delivery.result:
        return None
    response.headers["Idempotent-Replay"] = "true"
    response.status_code = 200
    return delivery.result


def finish(delivery: InboxRow | None, result: dict[str, Any], now: datetime) -> None:
    """Note what came of a request, for when it is sent again."""
    if delivery is not None:
        delivery.status, delivery.handled_at, delivery.result = "done", now, result
