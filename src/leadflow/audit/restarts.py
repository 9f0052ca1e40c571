"""Rows at which a person had the log go on after a break: what was exported before them, and lies
beyond them, is of a log that is no more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from leadflow.audit import chain
from leadflow.audit.exported import ExportedHead

FIND = """
SELECT number, timestamptz_send(at), actor, action, subject, why, origin, request_id,
    detail::text, before::text, after::text, entry_hash
FROM audit_log WHERE previous_hash = %s ORDER BY number
"""


@dataclass(frozen=True)
class Restart:
    """Where the log went on, and when."""

    number: int
    at: datetime

    def leaves_behind(self, head: ExportedHead) -> bool:
        """Whether this head was exported before, of rows that are no more."""
        return head.number >= self.number and datetime.fromisoformat(head.at) <= self.at


def restarts(connection: Connection[Any]) -> list[Restart]:
    """Every such row that was written with this key, in their order. They are part of the chain:
    whoever does not have the key cannot make one."""
    key = chain.chain_key()
    rows = connection.execute(FIND, [chain.RESUMED], binary=True).fetchall()
    return [
        Restart(row[0], chain.EPOCH + timedelta(microseconds=_moment(row)))
        for row in rows
        if _is_own(key, row)
    ]


def still_to_be_found(
    heads: Sequence[ExportedHead], known: Iterable[Restart]
) -> list[ExportedHead]:
    """The heads but for those that were left behind at these rows."""
    given = list(known)
    return [head for head in heads if not any(one.leaves_behind(head) for one in given)]


def _moment(row: tuple[Any, ...]) -> int:
    return int.from_bytes(row[1], "big", signed=True)


def _is_own(key: bytes, row: tuple[Any, ...]) -> bool:
    try:
        content = chain.content_of(row[2:8], row[8:11])
        own = chain.entry_hash(key, row[0], _moment(row), chain.RESUMED, content)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False
    return bool(row[11] == own)
