"""The inbox: what was accepted."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker


class InboxRow(Base):
    """One accepted file."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("source", "delivery_id"),
        CheckConstraint("status IN ('accepted', 'done', 'failed', 'undone')", name="status"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("inbox"))
    source: Mapped[str] = mapped_column(Text)
    delivery_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="accepted")
    content_hash: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    handled_at: Mapped[datetime | None] = mapped_column(Moment)
