"""Entries that wait for their place in the chain.

A request that scores a lead must not wait until every other has committed. What it decides by
itself is written here in its own transaction, sealed with the key, and put into the chain by
whoever looks next, a second later at the latest. What a person does is put into the chain at once.
"""

import hmac
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from psycopg import Connection
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.audit.entries import COLUMNS as CHAINED
from leadflow.audit.entries import Entry, Prepared, prepare, prepare_many
from leadflow.audit.service import append
from leadflow.database.copying import Kind, driver_connection, write_rows
from leadflow.database.randomness import random_bytes
from leadflow.observability.steps import step
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

AT_A_TIME = 500
FORGED = "audit.forged"
# An entry as it will be in the chain, but for its place there.
COLUMNS: dict[str, Kind] = {
    name: "moment" if name == "at" else "text" for name in ("id", *CHAINED[1:-2], "mac")
}
# In the order they were made, but for those that are being written at this moment.
TAKE = """
WITH taken AS (
    DELETE FROM audit_waiting WHERE id IN (
        SELECT id FROM audit_waiting ORDER BY at, id LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING *
)
SELECT id, at, actor, action, subject, why, origin, request_id, detail, before, after, mac
FROM taken ORDER BY at, id
"""
logger = logging.getLogger(__name__)


@step("audit")
def record_soon(session: Session, entries: Sequence[Entry]) -> None:
    """Have automated decisions put into the chain, in this order, as soon as this transaction has
    committed.

    Raises:
        ValueError: one has a person's reason; what people do is recorded at once.
    """
    for entry in entries:
        if entry.said:
            raise ValueError(f"{entry.action}: what a person says is recorded at once.")
    # Each a little later than the one before, because they get their places by their moments.
    begun = datetime.now(UTC)
    rows = [
        _row(made, begun + place * timedelta.resolution)
        for place, made in enumerate(prepare_many(entries))
    ]
    write_rows(session, "audit_waiting", COLUMNS, rows)


def _row(made: Prepared, at: datetime) -> tuple[Any, ...]:
    own = random_bytes(16).hex()
    return (own, at, *made.texts, *made.values, _seal(own, at, made.content))


def put_into_chain(session: Session, most: int = AT_A_TIME) -> int:
    """Give the entries that wait their places, oldest first; how many there were. One that is not
    as it was written gets a place too, as forged."""
    connection: Connection[Any] = driver_connection(session)
    rows = connection.execute(TAKE, (most,)).fetchall()
    append(session, [_read(row) for row in rows])
    return len(rows)


def _read(row: tuple[Any, ...]) -> Prepared:
    own, at, *texts, detail, before, after, mac = row
    values = (detail, before, after)
    try:
        content = chain.content_of(tuple(texts), values)
        sound = hmac.compare_digest(mac, _seal(own, at, content))
    except (ValueError, TypeError, RecursionError):
        sound = False
    if sound:
        return Prepared(tuple(texts), values, content, at=at)
    logger.error("An entry that waited for its place in the audit log was changed.")
    return prepare(Entry("leadflow", FORGED, "audit_log", why="changed while it waited"))


def _seal(own: str, at: datetime, content: str) -> str:
    message = f"waiting {own} {chain.microseconds(at)} {content}"
    return hmac.digest(_key(), message.encode(), "sha256").hex()


@lru_cache
def _key() -> bytes:
    return derive_key(load_secret(get_settings()), "audit waiting")
