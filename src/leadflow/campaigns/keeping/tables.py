"""What has to be known of messages and enrolments after they are gone."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class MessageKey(Base):
    """A step of which an open enrolment has a message: it is never planned twice, though the month
    of the first be dropped. A trigger writes it with the message, and refuses one for an enrolment
    that is over; another deletes it as its enrolment ends."""

    __tablename__ = "campaign_message_keys"

    enrolment_id: Mapped[str] = mapped_column(
        ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True
    )
    step: Mapped[str] = mapped_column(Text, primary_key=True)


class PastEnrolment(Base):
    """A lead has been in a campaign under a key, so often and last until then; its enrolments are
    forgotten. By it the campaign knows whether the lead may come in again."""

    __tablename__ = "past_enrolments"

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
    last_ended_at: Mapped[datetime] = mapped_column(Moment)
