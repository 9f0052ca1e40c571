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


class ScoreOverride(Base):
    """A person's score beside the model's, with the reason, until ``expires_at``.

    ``model_*`` is what the model said at that moment. ``in_force_from`` is empty while (or where)
    no manager has agreed to it. It counts while it is ``active`` and has not expired; the mark
    ``expired`` follows later.
    """

    __tablename__ = "score_overrides"
    __table_args__ = (
        Index(
            "uq_score_overrides_active",
            "lead_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "uq_score_overrides_waiting",
            "lead_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_score_overrides_lead_id_created_at", "lead_id", "created_at"),
        CheckConstraint("new_score BETWEEN 0 AND 100", name="new_score"),
        CheckConstraint("level IN ('hot', 'warm', 'cold', 'unqualified')", name="level"),
        CheckConstraint(
            "status IN ('active', 'waiting', 'rejected', 'expired', 'withdrawn', 'replaced')",
            name="status",
        ),
        CheckConstraint("(status IN ('active', 'waiting')) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("status <> 'active' OR in_force_from IS NOT NULL", name="in_force"),
        CheckConstraint("expires_at > created_at", name="expires"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("override"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    new_score: Mapped[float] = mapped_column(Double)
    level: Mapped[str] = mapped_column(Text)
    model_score: Mapped[float] = mapped_column(Double)
    model_points: Mapped[float] = mapped_column(Double, comment="The model's score, not clipped.")
    model_probability: Mapped[float] = mapped_column(Double)
    model_version: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    override_by: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    in_force_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approval_id: Mapped[str | None] = mapped_column(ForeignKey("approvals.id"))
