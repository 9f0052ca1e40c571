"""What a challenger would have said of leads, and the checks of the model that serves."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Double, ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base
from leadflow.database.ids import id_maker


class ShadowScore(Base):
    """One score of one lead by a model that does not serve. Shown to nobody, acted on by nothing.

    Beside a row of ``lead_scores`` with the same lead and moment.
    """

    __tablename__ = "shadow_scores"
    __table_args__ = (
        Index("ix_shadow_scores_model_version_as_of", "model_version", "as_of"),
        CheckConstraint("total_score BETWEEN 0 AND 100", name="total_score"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("level IN ('hot', 'warm', 'cold', 'unqualified')", name="level"),
    )

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    as_of: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    model_version: Mapped[str] = mapped_column(Text, primary_key=True)
    points: Mapped[float] = mapped_column(Double, comment="50 + the contributions, not clipped.")
    total_score: Mapped[float] = mapped_column(Double)
    probability: Mapped[float] = mapped_column(Double)
    level: Mapped[str] = mapped_column(Text)


class ModelCheck(Base):
    """What monitoring found of the model that served at a moment, kept so that a trend shows."""

    __tablename__ = "model_checks"
    __table_args__ = (Index("ix_model_checks_checked_at", "checked_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("check"))
    checked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    model_version: Mapped[str] = mapped_column(Text, comment="For instance: rubric 1, or model 7.")
    findings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[list[str]] = mapped_column(JSONB, comment="Why to train anew; empty if not.")
