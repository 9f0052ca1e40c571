"""Table of questions to a crew about leads, and of the answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedJson, EncryptedText

ANSWERED = text("status = 'answered'")


class AiQualification(Base):
    """One asking. An answer counts for scores from ``known_at`` on; no answer never counts."""

    __tablename__ = "ai_qualifications"
    __table_args__ = (
        Index("ix_ai_qualifications_lead_id_asked_at", "lead_id", "asked_at"),
        Index("ix_ai_qualifications_answered", "lead_id", "known_at", postgresql_where=ANSWERED),
        Index("ix_ai_qualifications_content", "content_hash", postgresql_where=ANSWERED),
        Index("ix_ai_qualifications_asked_at", "asked_at"),
        CheckConstraint("status IN ('answered', 'not_answered')", name="status"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        CheckConstraint("tokens_in >= 0 AND tokens_out >= 0 AND cost_micro >= 0", name="spending"),
        CheckConstraint(
            "(status = 'answered') = (known_at IS NOT NULL AND score IS NOT NULL "
            "AND confidence IS NOT NULL AND qualification IS NOT NULL AND error IS NULL)",
            name="answered",
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("qualification"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime] = mapped_column(
        Moment, comment="When the record that was asked about was read."
    )
    known_at: Mapped[datetime | None] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(Text)
    score: Mapped[float | None] = mapped_column(Double)
    confidence: Mapped[float | None] = mapped_column(Double)
    qualification: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("ai_qualification"))
    next_question: Mapped[str | None] = mapped_column(EncryptedText("ai_next_question"))
    content_hash: Mapped[str] = mapped_column(Text)
    prompt_version: Mapped[str] = mapped_column(Text)
    prompt: Mapped[str] = mapped_column(EncryptedText("ai_prompt"))
    model: Mapped[str] = mapped_column(Text)
    tokens_in: Mapped[int] = mapped_column(Integer)
    tokens_out: Mapped[int] = mapped_column(Integer)
    cost_micro: Mapped[int] = mapped_column(
        BigInteger, comment="In millionths of the currency's unit."
    )
    cost_currency: Mapped[str] = mapped_column(CHAR(3))
    from_cache: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Answered before, to the very same question."
    )
    error: Mapped[str | None] = mapped_column(Text, comment="What kind of failure it was.")
