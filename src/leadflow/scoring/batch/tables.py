"""Leads that could not be scored, set aside so that they stop nobody."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class SetAsideLead(Base):
    """A lead whose last scoring failed, with the error; tried again after ever longer times, and at
    once when something new becomes known of it."""

    __tablename__ = "set_aside_leads"
    __table_args__ = (Index("ix_set_aside_leads_next_try_at", "next_try_at"),)

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(Integer, server_default="1")
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    error: Mapped[str] = mapped_column(Text, comment="The last one, with its traceback.")
