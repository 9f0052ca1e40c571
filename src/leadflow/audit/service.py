"""Writing to the audit log and checking its chain."""

import hmac
import json
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

FIRST = "0" * 64
CHAIN_LOCK = 7_240_001


@lru_cache
def chain_key() -> bytes:
    """The key of this installation's chain."""
    return derive_key(load_secret(get_settings()), "audit chain")


def record(
    session: Session, actor: str, action: str, subject: str, detail: dict[str, Any] | None = None
) -> AuditEntry:
    """Append one entry. Writers take turns until their transactions end, so call it last.

    ``detail`` carries ids and figures only, never personal data.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=datetime.now(UTC),
        actor=actor,
        action=action,
        subject=subject,
        detail=detail or {},
        previous_hash=last.entry_hash if last else FIRST,
    )
    entry.entry_hash = _hash(entry)
    session.add(entry)
    session.flush()
    return entry


def first_broken(session: Session) -> int | None:
    """The number of the first entry that does not follow from the one before, or None."""
    previous, expected = FIRST, 1
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number)):
        sound = entry.number == expected and entry.previous_hash == previous
        if not sound or not hmac.compare_digest(entry.entry_hash, _hash(entry)):
            return entry.number
        previous, expected = entry.entry_hash, expected + 1
    return None


def _hash(entry: AuditEntry) -> str:
    content = json.dumps(
        [
            entry.number,
            entry.at.astimezone(UTC).isoformat(),
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
            entry.previous_hash,
        ],
        sort_keys=True,
    )
    return hmac.new(chain_key(), content.encode(), sha256).hexdigest()
