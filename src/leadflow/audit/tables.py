"""The audit log: append-only by trigger and role, each entry chained to the one before by a keyed
hash, and the head of the chain beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.privacy.columns import EncryptedText


class AuditEntry(Base):
    """Who did what to which thing, and why. Ids, figures and keyed hashes, never personal data."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_subject", "subject", "number"),
        Index("ix_audit_log_said", "number", postgresql_where=text("starts_with(why, 'said:')")),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    why: Mapped[str | None] = mapped_column(Text)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    origin: Mapped[str | None] = mapped_column(
        Text, comment="The door, and a keyed hash of the address."
    )
    request_id: Mapped[str | None] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(Text)
    entry_hash: Mapped[str] = mapped_column(Text, unique=True)


class AuditHead(Base):
    """The last entry, sealed with the key. One row: writers lock it to take turns."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("is_head", name="one_row"),)

    is_head: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    entry_hash: Mapped[str] = mapped_column(Text)
    mac: Mapped[str] = mapped_column(Text)


class AuditReason(Base):
    """What a person gave as a reason; ``id`` is what the log holds for it. May be deleted."""

    __tablename__ = "audit_reasons"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, index=True)
    words: Mapped[str] = mapped_column(EncryptedText("audit_reason"))


class AuditWaiting(Base):
    """An entry that gets its place in the chain within a second: its columns as they will be, JSON
    as text, and a seal with the key."""

    __tablename__ = "audit_waiting"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    mac: Mapped[str] = mapped_column(Text)
