"""Exports of leads: what was asked for, how far it is, and the file in parts."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.database.leased import IS_OPEN, Leased, Leases
from leadflow.privacy.columns import EncryptedBytes, EncryptedJson, EncryptedText

STATES = ("queued", "waiting", "running", "done", "failed", "refused", "expired", "cancelled")


class LeadExport(Leased, Base):
    """A file of leads that somebody asked for.

    ``queued``: it is yet to be written. ``waiting``: for the approval. ``running``: a process
    writes it and holds it until ``due_at``; later it is anybody's, and is begun anew. ``done``: the
    file is there. ``failed``, ``refused`` (nobody approved it), ``expired`` and ``cancelled`` (by
    whoever asked): it is not.
    """

    __tablename__ = "lead_exports"
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'parquet')", name="format"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state IN ('done', 'expired')) = (expires_at IS NOT NULL)", name="file"),
        CheckConstraint("(state IN ('failed', 'refused')) = (error IS NOT NULL)", name="error"),
        Index("ix_lead_exports_listed", "asked_by", "asked_at", "id"),
        Index("ix_lead_exports_due", "due_at", postgresql_where=IS_OPEN),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("exp"))
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    format: Mapped[str] = mapped_column(Text)
    search: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("export_search"))
    why: Mapped[str | None] = mapped_column(EncryptedText("export_why"))
    approval_id: Mapped[str | None] = mapped_column(Text)
    leads: Mapped[int | None] = mapped_column(Integer, comment="Counted before it was written.")
    written: Mapped[int] = mapped_column(Integer, server_default="0", comment="Leads, so far.")
    size: Mapped[int | None] = mapped_column(BigInteger, comment="Bytes of the whole file.")
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment, comment="When the file goes.")
    error: Mapped[str | None] = mapped_column(Text)


EXPORTS = Leases(LeadExport)


class ExportPart(Base):
    """A part of a file that was written at one attempt. Files are in the database, so that any
    gateway gives what any background process has written."""

    __tablename__ = "lead_export_parts"

    export_id: Mapped[str] = mapped_column(
        ForeignKey("lead_exports.id", ondelete="CASCADE"), primary_key=True
    )
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(EncryptedBytes("export_part"))
