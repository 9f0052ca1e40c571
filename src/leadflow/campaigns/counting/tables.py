"""Kept numbers of campaigns. Triggers append what each statement has changed, so that nobody waits
for anybody to count; a number is the sum of its lines."""

from sqlalchemy import BigInteger, Identity, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base


class EnrolmentCount(Base):
    """So many more (or fewer) enrolments of a version are open, or have ended under a name."""

    __tablename__ = "enrolment_counts"
    __table_args__ = (Index("ix_enrolment_counts_campaign", "campaign"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    ended_as: Mapped[str | None] = mapped_column(Text, comment="Empty: they are in it.")
    enrolments: Mapped[int] = mapped_column(BigInteger)


class MessageCount(Base):
    """So many more (or fewer) messages of a step are in a state. ``why``: by which refusal they are
    withheld, or whose fault it is that they failed."""

    __tablename__ = "message_counts"
    __table_args__ = (Index("ix_message_counts_campaign", "campaign"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text, comment="Why they are withheld or failed.")
    messages: Mapped[int] = mapped_column(BigInteger)
