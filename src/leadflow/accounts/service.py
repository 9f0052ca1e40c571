"""Making and checking API keys. A key is shown once and stored as a hash."""

import secrets
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import func

from leadflow.accounts.tables import ApiKey
from leadflow.audit import service as audit

PREFIX = "lf_"


def create_key(session: Session, name: str) -> str:
    """A new API key for the program of this name; only its hash is kept."""
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(name=name, key_hash=_hash(key))
    session.add(row)
    session.flush()
    audit.record(session, "operator", "api_key.created", row.id)
    return key


def verify_key(session: Session, key: str) -> ApiKey | None:
    """The key's row if it is known and not revoked."""
    return session.scalars(
        select(ApiKey).where(ApiKey.key_hash == _hash(key), ApiKey.revoked_at.is_(None))
    ).first()


def revoke_keys(session: Session, name: str) -> int:
    """Revoke every key of this name; returns how many there were."""
    revoked = session.scalars(
        update(ApiKey)
        .where(ApiKey.name == name, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    ).all()
    if revoked:
        audit.record(session, "operator", "api_key.revoked", name, {"keys": list(revoked)})
    return len(revoked)


def _hash(key: str) -> str:
    # A plain hash is enough: the key is 256 random bits, there is nothing to guess.
    return sha256(key.encode()).hexdigest()
