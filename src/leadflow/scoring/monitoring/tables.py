"""The checks of the model that serves."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker


class ModelCheck(Base):
    """What monitoring found of the model that served at a moment, kept so that a trend shows."""

    __tablename__ = "model_checks"
    __table_args__ = (Index("ix_model_checks_checked_at", "checked_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("check"))
    checked_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    model_version: Mapped[str] = mapped_column(Text, comment="For instance: rubric 1, or model 7.")
    findings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[list[str]] = mapped_column(JSONB, comment="Why to train anew; empty if not.")
