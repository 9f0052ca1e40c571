"""What was ever said of how leads ended, and the times in which they were lost and came back.

``outcomes`` itself, the end that counts now, is in ``leads.tables``: one row a lead at most.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.database.tables import InboxRow
from leadflow.leads.tables import Lead

INBOX, LEADS = cast(Table, InboxRow.__table__), cast(Table, Lead.__table__)


class OutcomeSaid(Base):
    """One thing that was said about how a lead ended. Rows are added and never changed: what
    counts is worked out of all of them (``leads.outcomes.standing``).

    ``said``: converted, lost; reopened (somebody says it has not ended); returned (a lost lead came
    back by itself: an event, a rule). ``dated``: whether it was said when it happened.
    ``said_at`` is when it was said, the same for all rows of a file. ``external_id`` is the id of
    the file's row, so that a file's next say is held against its last one.
    """

    __tablename__ = "outcome_log"
    __table_args__ = (
        CheckConstraint("said IN ('converted', 'lost', 'reopened', 'returned')", name="said"),
        CheckConstraint("(value_minor IS NULL) = (value_currency IS NULL)", name="value"),
        Index("ix_outcome_log_lead_id", "lead_id", "turn"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("said"))
    turn: Mapped[int] = mapped_column(BigInteger, Identity())
    lead_id: Mapped[str] = mapped_column(ForeignKey(LEADS.c.id, ondelete="CASCADE"))
    said: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    dated: Mapped[bool] = mapped_column()
    said_at: Mapped[datetime] = mapped_column(Moment)
    known_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    value_minor: Mapped[int | None] = mapped_column(BigInteger)
    value_currency: Mapped[str | None] = mapped_column(CHAR(3))
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    inbox_id: Mapped[str | None] = mapped_column(
        ForeignKey(INBOX.c.id, ondelete="SET NULL"), index=True, comment="The import that said it."
    )
    told_by: Mapped[str | None] = mapped_column(
        Text, comment="The person, key, rule or type of event."
    )
    copied_from: Mapped[str | None] = mapped_column(
        Text, comment="What was said of a lead that was merged into this one."
    )


class ReopenedLoss(Base):
    """A time in which a lead was lost, until it was open again: what was known of it then must not
    be learned from as if it had been open."""

    __tablename__ = "reopened_losses"
    __table_args__ = (CheckConstraint("lost_at <= reopened_at", name="order"),)

    lead_id: Mapped[str] = mapped_column(
        ForeignKey(LEADS.c.id, ondelete="CASCADE"), primary_key=True
    )
    reopened_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    lost_at: Mapped[datetime] = mapped_column(Moment)
