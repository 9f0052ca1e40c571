"""Sources with their versions and secrets, how far journals are read, and what was delivered."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedBytes, EncryptedJson, EncryptedText

DELIVERY_BODY, DELIVERY_HEADERS = "delivery_body", "delivery_headers"
DELIVERY_CORRECTION = "delivery_correction"
WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - the name of a field


class SourceVersion(Base):
    """What a source was said to be, from one moment to the next; the last version counts."""

    __tablename__ = "source_versions"

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="Empty: from then on nothing is taken from it."
    )
    content_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)


class SourceSecret(Base):
    """A secret that a source and Leadflow share. While one is rotated, two are live."""

    __tablename__ = "source_secrets"
    __table_args__ = (Index("ix_source_secrets_source", "source"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("ssec"))
    source: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(EncryptedText(WEBHOOK_SECRET))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)


class SourceJournal(Base):
    """How far the journal of a source has been read, and how reading it goes.

    All up to the cursor has been read. A read that is under way has a ``since``; its next page is
    as the journal calls it, or empty where it begins anew. Whoever reads holds the claim.
    """

    __tablename__ = "source_journals"
    __table_args__ = (
        CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failing"),
        CheckConstraint("(claim IS NULL) = (claimed_until IS NULL)", name="claimed"),
        CheckConstraint("(since IS NULL) = (until IS NULL)", name="under_way"),
        CheckConstraint("(furthest_at IS NULL) = (furthest_id IS NULL)", name="furthest"),
    )

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(Moment, comment="Nothing older is taken.")
    cursor_at: Mapped[datetime] = mapped_column(Moment)
    cursor_id: Mapped[str] = mapped_column(Text, server_default="")
    since: Mapped[datetime | None] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)
    page: Mapped[str | None] = mapped_column(EncryptedText("journal_page"))
    pages: Mapped[int] = mapped_column(Integer, server_default="0", comment="Of this read so far.")
    furthest_at: Mapped[datetime | None] = mapped_column(Moment)
    furthest_id: Mapped[str | None] = mapped_column(Text)
    in_order: Mapped[bool | None] = mapped_column(
        comment="Whether pages come in the order of time; empty: that cannot be told yet."
    )
    next_at: Mapped[datetime] = mapped_column(Moment)
    claim: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = mapped_column(Moment)
    last_read_at: Mapped[datetime | None] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(
        Integer, server_default="0", comment="In a row; 0: it is well."
    )
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    problem: Mapped[str | None] = mapped_column(Text, comment="Why it was not read the last time.")
    status: Mapped[int | None] = mapped_column(Integer, comment="The HTTP status of that.")
    remark: Mapped[str | None] = mapped_column(Text, comment="What was odd about an item.")
    remarked_at: Mapped[datetime | None] = mapped_column(Moment)


class Delivery(Base):
    """One request of a source that was accepted: its body as it came, and what became of it.

    ``received``: it waits to be processed. ``processed``: all it says is stored; where nothing in
    it was wanted, ``reasons`` say why. ``dead``: some of it cannot be mapped, ``reasons`` say what;
    ``discarded``: a person has let it go. Where a ``correction`` was given, that is taken in.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("source", "delivery_id"),
        CheckConstraint("status IN ('received', 'processed', 'dead', 'discarded')", name="status"),
        Index("ix_deliveries_received", "id", postgresql_where=text("status = 'received'")),
        Index("ix_deliveries_dead", "id", postgresql_where=text("status = 'dead'")),
        Index("ix_deliveries_source_received_at", "source", "received_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("dlv"))
    source: Mapped[str] = mapped_column(Text)
    delivery_id: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(EncryptedBytes(DELIVERY_BODY))
    headers: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson(DELIVERY_HEADERS))
    status: Mapped[str] = mapped_column(Text, server_default="received")
    received_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    processed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int | None] = mapped_column(
        Integer, comment="The version of its source by which it was mapped."
    )
    records: Mapped[int | None] = mapped_column(Integer, comment="How many records it held.")
    left_out: Mapped[int | None] = mapped_column(
        Integer, comment="How many more `only` did not let pass."
    )
    kinds: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), comment="Of which kinds it was, as its source names them."
    )
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    correction: Mapped[bytes | None] = mapped_column(
        EncryptedBytes(DELIVERY_CORRECTION), comment="What is taken in the place of the body."
    )


class InboxAtWork(Base):
    """One row: until when a run that processes deliveries is known to be at work, so that those
    that arrive meanwhile need not start another."""

    __tablename__ = "inbox_at_work"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(Moment)
