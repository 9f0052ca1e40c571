"""Merges of leads, and what each brought to the lead that stayed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.leads.tables import Lead
from leadflow.privacy.columns import EncryptedText

LEADS = Lead.__table__


class LeadMerge(Base):
    """One lead that was merged into another: who did it, when and why, and since when the two are
    apart again.

    ``brought`` is what the survivor has from the other, by ids and names of fields, for a split to
    take back; ``email`` is an address that passed to the survivor, which had none.
    """

    __tablename__ = "lead_merges"
    __table_args__ = (
        CheckConstraint("survivor_id <> other_id", name="two_leads"),
        CheckConstraint("(split_at IS NULL) = (split_by IS NULL)", name="split"),
        Index(
            "uq_lead_merges_other_id",
            "other_id",
            unique=True,
            postgresql_where=text("split_at IS NULL"),
        ),
        Index("ix_lead_merges_other", "other_id", "merged_at"),
        Index("ix_lead_merges_survivor", "survivor_id", "merged_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("merge"))
    survivor_id: Mapped[str] = mapped_column(ForeignKey(LEADS.c.id, ondelete="CASCADE"))
    other_id: Mapped[str] = mapped_column(ForeignKey(LEADS.c.id, ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(EncryptedText("merge_reason"))
    merged_by: Mapped[str] = mapped_column(Text)
    merged_at: Mapped[datetime] = mapped_column(Moment)
    brought: Mapped[dict[str, Any]] = mapped_column(JSONB)
    email: Mapped[str | None] = mapped_column(EncryptedText("merge_email"))
    split_by: Mapped[str | None] = mapped_column(Text)
    split_at: Mapped[datetime | None] = mapped_column(Moment)
