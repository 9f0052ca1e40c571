"""Approvals: what exactly a person is asked to decide, and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base
from leadflow.database.ids import id_maker


class Approval(Base):
    """One decision a person is asked for. ``content_hash`` fixes what is decided."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'approved', 'rejected', 'void')", name="status"),
        CheckConstraint("decided_by <> requested_by", name="four_eyes"),
        CheckConstraint(
            "(status IN ('approved', 'rejected')) = (decided_by IS NOT NULL)", name="decided"
        ),
        Index(
            "uq_approvals_waiting",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("appr"))
    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text, comment="Outbox act that carries an approval out.")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    description: Mapped[str] = mapped_column(Text, comment="What is asked and why, in Markdown.")
    status: Mapped[str] = mapped_column(Text, default="waiting")
    requested_by: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(Text)
    flow_run_id: Mapped[str | None] = mapped_column(Text)
    carried_out_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
