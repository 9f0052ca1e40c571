"""Firings: which workflow rule acted on what, why, and what it did."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedJson

MATCHED = "firing_matched"


class RuleFiring(Base):
    """A rule that fitted a lead as something happened. ``fired``: its actions are in the outbox;
    ``limited``: it has acted as often as it may; ``capped``: rules led to rules too often.

    ``matched`` are the values of the fields that the rule goes by, as they were.
    """

    __tablename__ = "rule_firings"
    __table_args__ = (
        UniqueConstraint("event_id", "rule_id"),
        CheckConstraint("status IN ('fired', 'limited', 'capped')", name="status"),
        Index("ix_rule_firings_lead_id", "lead_id", "at"),
        Index("ix_rule_firings_rule_id", "rule_id", "at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("fire"))
    version: Mapped[int | None] = mapped_column(
        Integer, comment="Of the rules; empty for those that came with Leadflow."
    )
    rule_id: Mapped[str] = mapped_column(Text)
    lead_id: Mapped[str] = mapped_column(Text)
    event_id: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    acts_at: Mapped[datetime | None] = mapped_column(Moment, comment="Empty: at once.")
    status: Mapped[str] = mapped_column(Text)
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="What it does, in order.")
    matched: Mapped[dict[str, Any]] = mapped_column(EncryptedJson(MATCHED))
