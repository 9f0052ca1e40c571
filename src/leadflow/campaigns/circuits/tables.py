"""How channels are: one row for each that messages were handed to."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class ChannelCircuit(Base):
    """The circuit breaker of a channel (``circuits.circuit``)."""

    __tablename__ = "channel_circuits"
    __table_args__ = (
        CheckConstraint("state IN ('closed', 'open', 'paused')", name="state"),
        CheckConstraint("(state = 'open') = (until IS NOT NULL)", name="until"),
        CheckConstraint("(blocked = 0) = (blocked_since IS NULL)", name="blocked"),
    )

    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="closed")
    since: Mapped[datetime] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    openings: Mapped[int] = mapped_column(Integer, server_default="0")
    until: Mapped[datetime | None] = mapped_column(
        Moment, comment="Until when nothing is claimed; also until when a try has to be over."
    )
    why: Mapped[str | None] = mapped_column(Text)
    blocked: Mapped[int] = mapped_column(
        Integer, server_default="0", comment="Mails refused or come back by policy, of late."
    )
    blocked_since: Mapped[datetime | None] = mapped_column(Moment)
