"""The reasons people give. They may name somebody, so the log, which is never erased, holds a keyed
hash in their place; the words are beside it and can be forgotten without breaking the chain."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psycopg import Connection
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadflow.audit.masking import masked
from leadflow.audit.tables import AuditEntry, AuditReason
from leadflow.privacy.cipher_in_use import get_cipher, opened
from leadflow.secret import SecretKeyError, derive_key, load_secret
from leadflow.settings import get_settings

MARK = "said:"
FIELD = "audit_reason"
FORGOT = "audit.reasons_forgotten"
FORGOTTEN = "(forgotten)"
KEEP = "INSERT INTO audit_reasons (id, subject, words) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


@dataclass(frozen=True)
class Reason:
    """What somebody gave as a reason for an act on one thing, addresses and numbers masked.

    ``id`` stands for it in the log. The same words about another thing have another id, so that
    forgetting one leaves the other.
    """

    id: str
    subject: str
    words: str


def reason_of(subject: str, said: str) -> Reason:
    """The reason as it is kept; ``subject`` as it stands in the log."""
    words = masked(said)
    return Reason(reason_id(subject, words), subject, words)


def reason_id(subject: str, words: str) -> str:
    """HMAC-SHA256 over both, with a key of its own."""
    return MARK + hmac.digest(_key(), f"{subject}\0{words}".encode(), "sha256").hex()


def keep(connection: Connection[Any], reasons: Iterable[Reason]) -> None:
    """Store the words; the caller has the turn, so that no two wait for each other."""
    for reason in reasons:
        words = get_cipher().encrypt(reason.words, FIELD)
        connection.execute(KEEP, (reason.id, reason.subject, words))


def is_unchanged(own: str, subject: str, stored: bytes) -> bool:
    """Whether the words, as they are stored, are those that the log holds the hash of; False where
    they do not open."""
    try:
        return own == reason_id(subject, opened(stored, FIELD))
    except SecretKeyError:
        return False


def kept_about(session: Session, subjects: Iterable[str]) -> list[str]:
    """The ids of the reasons that were given about these things, in order."""
    about = select(AuditReason.id).where(AuditReason.subject.in_(list(subjects)))
    return list(session.scalars(about.order_by(AuditReason.id)))


def forget(session: Session, subjects: Iterable[str]) -> dict[str, int]:
    """Delete the words that were said about these things; how many, by thing."""
    gone = session.scalars(
        delete(AuditReason)
        .where(AuditReason.subject.in_(list(subjects)))
        .returning(AuditReason.subject)
    ).all()
    return {subject: gone.count(subject) for subject in sorted(set(gone))}


def in_words(session: Session, entries: Iterable[AuditEntry]) -> dict[int, str | None]:
    """The reason of each entry, by its number; ``FORGOTTEN`` where it was."""
    why = {entry.number: entry.why for entry in entries}
    ids = {text for text in why.values() if text is not None and text.startswith(MARK)}
    found = session.scalars(select(AuditReason).where(AuditReason.id.in_(ids)))
    known = {reason.id: reason.words for reason in found}
    return {
        number: known.get(text, FORGOTTEN) if text in ids else text for number, text in why.items()
    }


@lru_cache
def _key() -> bytes:
    return derive_key(load_secret(get_settings()), "audit reasons")
