"""The outbox: every act that leaves a transaction, with its claim and its end."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker

STATES = ("waiting", "claimed", "done", "nothing_done", "uncertain", "failed")
OPEN = ("waiting", "claimed")


class OutboxRow(Base):
    """One act. ``waiting`` until it is ``claimed`` under a lease; ends ``done``, ``nothing_done``
    (with why), ``failed`` after too many attempts, or ``uncertain``: it was begun, and nobody knows
    whether it happened."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(name) for name in STATES)})", name="status"),
        CheckConstraint("(status = 'claimed') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("status <> 'nothing_done' OR why IS NOT NULL", name="why"),
        Index("ix_outbox_due", "lane", "available_at", postgresql_where=text("status = 'waiting'")),
        # For deleting what ended long ago: rows lie about in the order of their moments.
        Index("ix_outbox_created_at", "created_at", postgresql_using="brin"),
        Index("ix_outbox_claims", "lease_until", postgresql_where=text("status = 'claimed'")),
        Index(
            "ix_outbox_to_see",
            "status",
            "ended_at",
            postgresql_where=text("status IN ('nothing_done', 'uncertain', 'failed')"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("out"))
    lane: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    traceparent: Mapped[str | None] = mapped_column(
        Text, comment="The trace of whoever asked for it, as W3C Trace Context writes it."
    )
    status: Mapped[str] = mapped_column(Text, server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    available_at: Mapped[datetime] = mapped_column(
        Moment,
        server_default=func.now(),
        comment="Not before this; of an uncertain act, when its reconciler is asked next.",
    )
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    claimed_by: Mapped[str | None] = mapped_column(Text, comment="Process that held it last.")
    fencing_token: Mapped[int] = mapped_column(
        BigInteger, server_default="0", comment="Counts claims; only the newest may record an end."
    )
    begun_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="Set just before the act is performed: from here it may have happened."
    )
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    why: Mapped[str | None] = mapped_column(
        Text, comment="Why nothing was done, or it was settled."
    )
    error: Mapped[str | None] = mapped_column(Text)
    settled_by: Mapped[str | None] = mapped_column(
        Text, comment="Who settled it: a person's id, or reconciler."
    )
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
