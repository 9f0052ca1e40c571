"""Scores as they were given: append-only but for the mark of the current one."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Double, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base
from leadflow.database.ids import id_maker


class LeadScore(Base):
    """One score of one lead as of a moment. Points: 50 = the average lead, +10 = odds doubled."""

    __tablename__ = "lead_scores"
    __table_args__ = (
        Index("ix_lead_scores_lead_id_as_of", "lead_id", "as_of"),
        Index(
            "uq_lead_scores_current", "lead_id", unique=True, postgresql_where=text("is_current")
        ),
        Index("ix_lead_scores_ranking", "total_score", postgresql_where=text("is_current")),
        CheckConstraint("total_score BETWEEN 0 AND 100", name="total_score"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("level IN ('hot', 'warm', 'cold', 'unqualified')", name="level"),
        CheckConstraint("regime IN ('rubric', 'blend', 'model')", name="regime"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("score"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    as_of: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    total_score: Mapped[float] = mapped_column(Double)
    points: Mapped[float] = mapped_column(Double, comment="50 + the contributions, not clipped.")
    probability: Mapped[float] = mapped_column(Double)
    probability_low: Mapped[float] = mapped_column(Double)
    probability_high: Mapped[float] = mapped_column(Double)
    confidence: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    demographic: Mapped[float] = mapped_column(Double)
    behavioural: Mapped[float] = mapped_column(Double)
    engagement: Mapped[float] = mapped_column(Double)
    fit: Mapped[float] = mapped_column(Double)
    ai: Mapped[float] = mapped_column(Double)
    contributions: Mapped[dict[str, float]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    regime: Mapped[str] = mapped_column(Text)
    model_version: Mapped[str] = mapped_column(Text)
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))
    scored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
