"""A request that carries an idempotency key is taken once, however often it is sent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.database.ids import new_id
from leadflow.database.tables import InboxRow
from leadflow.privacy.cipher_in_use import get_cipher


class KeyReused(RuntimeError):
    """The idempotency key was used for another request."""

    def __init__(self) -> None:
        super().__init__(
            "Use a new key for a new request, or send the first request again unchanged."
        )


@dataclass(frozen=True)
class KeyedRequest:
    """A request with a key. ``digest``: of all it says, so that another request under the same key
    is told apart."""

    source: str
    key: str
    digest: str

    @staticmethod
    def of(caller: str, key: str | None, content: Any) -> "KeyedRequest | None":
        """The request of a caller; None for a request without a key. ``content``: what the request
        says, as JSON; also its address, where that says something."""
        if key is None:
            return None
        # Keyed: who reads the store could else try out addresses and numbers.
        digest = get_cipher().blind_index(json.dumps(content, sort_keys=True), "delivery")
        return KeyedRequest(f"api:{caller}", key, digest)


class Inbox:
    """The requests of one batch: locked rows of the inbox, so that whoever sends the same at the
    same time waits."""

    def __init__(self, session: Session, requests: Sequence[KeyedRequest | None]) -> None:
        self._requests = requests
        named = sorted({(one.source, one.key): one for one in requests if one}.items())
        self._rows = self._lock(session, [one for _, one in named])

    @staticmethod
    def _lock(session: Session, named: Sequence[KeyedRequest]) -> dict[tuple[str, str], InboxRow]:
        if not named:
            return {}
        rows = [
            {
                "id": new_id("inbox"),
                "source": one.source,
                "delivery_id": one.key,
                "content_hash": one.digest,
                "status": "accepted",
            }
            for one in named
        ]
        session.execute(insert(InboxRow).on_conflict_do_nothing(), rows)
        keys = [(one.source, one.key) for one in named]
        known = session.scalars(
            select(InboxRow)
            .where(tuple_(InboxRow.source, InboxRow.delivery_id).in_(keys))
            .order_by(InboxRow.source, InboxRow.delivery_id)
            .with_for_update()
        )
        return {(row.source, row.delivery_id): row for row in known}

    def result(self, place: int) -> dict[str, Any] | None:
        """What came of the request at this place of the batch when it was first sent; None if it
        was not, or has no key.

        Raises:
            KeyReused: the key was used for another request.
        """
        one = self._requests[place]
        if one is None:
            return None
        row = self._rows[one.source, one.key]
        if row.content_hash != one.digest:
            raise KeyReused
        return row.result if row.status == "done" else None

    def finish(self, place: int, result: dict[str, Any], now: datetime) -> None:
        """Note what came of a request, for when it is sent again."""
        one = self._requests[place]
        if one is not None:
            row = self._rows[one.source, one.key]
            row.status, row.handled_at, row.result = "done", now, result
