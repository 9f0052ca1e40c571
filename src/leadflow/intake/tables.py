"""Requests with an idempotency key, and what they were answered."""

from datetime import datetime

from sqlalchemy import Index, SmallInteger, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.privacy.columns import EncryptedText


class KeyedRow(Base):
    """A request that was taken under a key. The answer is encrypted: it may be all of a lead."""

    __tablename__ = "keyed_requests"
    __table_args__ = (Index("ix_keyed_requests_taken_at", "taken_at"),)

    caller: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str | None] = mapped_column(
        Text,
        comment="Keyed hash of address and body; empty: taken before answers were kept.",
    )
    status: Mapped[int | None] = mapped_column(
        SmallInteger, comment="What was answered; empty: that is not kept."
    )
    answer: Mapped[str | None] = mapped_column(EncryptedText("keyed_requests.answer"))
    taken_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
