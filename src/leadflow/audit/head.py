"""The head beside the chain: its last entry, sealed with the key. Its lock is the writers' turn."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.database.copying import driver_connection

FIND = "SELECT number, entry_hash, mac FROM audit_head"
TAKE = f"{FIND} FOR UPDATE"
# Only where nothing was written yet: a head that is missing beside entries was taken away.
START = """
INSERT INTO audit_head (is_head, number, entry_hash, mac)
SELECT true, %s, %s, %s WHERE NOT EXISTS (SELECT FROM audit_log) ON CONFLICT DO NOTHING
"""


class AuditLogBroken(RuntimeError):
    """The head of the audit log is missing, or was not written with this secret key."""

    def __init__(self) -> None:
        super().__init__(
            "The head of the audit log is missing, or is not sealed with this secret key, so "
            "nothing can be written after it. Was Leadflow started with another "
            "LEADFLOW_SECRET_KEY? If not, somebody has changed the store: `leadflow audit verify` "
            'says where, `leadflow audit resume --why "what happened"` has the log go on.'
        )


@dataclass(frozen=True)
class Head:
    """The last entry of the chain: its number (0 before there is any) and its hash."""

    number: int
    entry_hash: str


def take_turn(connection: Connection[Any]) -> Head:
    """Lock the head until the transaction ends; it is made before the first entry of all.

    Raises:
        AuditLogBroken: it is missing beside entries, or not sealed with this key.
    """
    found = connection.execute(TAKE).fetchone()
    if found is None:
        connection.execute(START, sealed(Head(0, chain.FIRST)))
        found = connection.execute(TAKE).fetchone()
    if found is None:
        raise AuditLogBroken
    return _opened(found)


def read_head(session: Session) -> Head | None:
    """The head of the chain; None before anything was written.

    Raises:
        AuditLogBroken: it is not sealed with this key.
    """
    found = driver_connection(session).execute(FIND).fetchone()
    return None if found is None else _opened(found)


def sealed(head: Head) -> tuple[int, str, str]:
    """The head as it is stored: number, hash, seal."""
    return head.number, head.entry_hash, chain.seal(chain.chain_key(), head.number, head.entry_hash)


def is_sealed(found: tuple[Any, ...]) -> bool:
    """Whether a stored head was written with this key."""
    number, last_hash, mac = found
    return bool(mac == chain.seal(chain.chain_key(), number, last_hash))


def _opened(found: tuple[Any, ...]) -> Head:
    if not is_sealed(found):
        raise AuditLogBroken
    number, last_hash, _ = found
    return Head(number, last_hash)
