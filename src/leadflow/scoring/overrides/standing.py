"""The overrides that count, and the score and level that count with them."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from leadflow.scoring.tables import LeadScore, ScoreOverride


def in_force(now: "datetime | ColumnElement[datetime]") -> ColumnElement[bool]:
    """The condition that an override counts at a moment; expiry needs no job to take effect."""
    return and_(ScoreOverride.status == "active", ScoreOverride.expires_at > now)


def effective_score() -> ColumnElement[float]:
    """The score that counts, where ``lead_scores`` is outer-joined with overrides in force."""
    return func.coalesce(ScoreOverride.new_score, LeadScore.total_score)


def effective_level() -> ColumnElement[str]:
    """The level that counts, where ``lead_scores`` is outer-joined with overrides in force."""
    return func.coalesce(ScoreOverride.level, LeadScore.level)


def active_override(session: Session, lead_id: str, now: datetime) -> ScoreOverride | None:
    """The override of a lead's score that counts now."""
    statement = select(ScoreOverride).where(ScoreOverride.lead_id == lead_id, in_force(now))
    return session.scalars(statement).first()


def standing_overrides(session: Session, now: datetime, limit: int) -> list[ScoreOverride]:
    """The overrides that count or wait for a manager, newest first."""
    waiting = and_(ScoreOverride.status == "waiting", ScoreOverride.expires_at > now)
    statement = select(ScoreOverride).where(in_force(now) | waiting)
    return list(session.scalars(statement.order_by(ScoreOverride.created_at.desc()).limit(limit)))
