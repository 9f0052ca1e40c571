"""What comes back of messages in the store: events by months, counts that are kept up, campaigns
that paused themselves, opens and clicks not yet noted, mails that could not be read."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.campaigns.feedback.told import CLASSES, KINDS
from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedBytes, EncryptedText

UNREAD_MAIL = "unread_mail"
MAIL_DOMAIN = "mail_domain"


class MessageEvent(Base):
    """Something that happened to a message after it was handed over. A partition for each month in
    which it was noted; ids and words of ours only, never an address, an agent or a text.

    ``machine`` says why it was no person: such opens and clicks count beside those of people.
    """

    __tablename__ = "message_events"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"class IN {CLASSES}", name="class"),
        CheckConstraint("(kind = 'bounced') = (class IS NOT NULL)", name="class_of_a_bounce"),
        CheckConstraint("(kind = 'clicked') = (link IS NOT NULL)", name="link_of_a_click"),
        CheckConstraint("machine IS NULL OR kind IN ('opened', 'clicked')", name="machine"),
        Index("ix_message_events_message_id", "message_id", "kind"),
        {"postgresql_partition_by": "RANGE (noted_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    noted_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("campaign_messages.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(Moment)
    bounce_class: Mapped[str | None] = mapped_column("class", Text, comment="Of a bounce.")
    machine: Mapped[str | None] = mapped_column(Text, comment="Why it was no person; empty: was.")
    link: Mapped[int | None] = mapped_column(SmallInteger, comment="The number of a link.")
    answer: Mapped[str | None] = mapped_column(
        Text, comment="Of an opt-out in an answer, a hash by which that is known again."
    )


class CampaignFigure(Base):
    """How many messages of a step something has happened to; kept up as it does, never counted."""

    __tablename__ = "campaign_figures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign", "version"], ["campaign_versions.campaign", "campaign_versions.version"]
        ),
    )

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    figure: Mapped[str] = mapped_column(Text, primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger)


class DomainFigure(Base):
    """How many messages to addresses of a domain were opened and followed, by people and by
    machines, and by how many leads in all (``leads``); kept up as it happens. What the domain is
    called is kept once there are enough leads that it is nobody by himself."""

    __tablename__ = "domain_figures"

    campaign: Mapped[str] = mapped_column(ForeignKey("campaigns.name"), primary_key=True)
    domain_index: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="The keyed hash of the domain."
    )
    figure: Mapped[str] = mapped_column(Text, primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger, comment="Leads, where that is the figure.")
    domain: Mapped[str | None] = mapped_column(EncryptedText(MAIL_DOMAIN))


class CampaignPause(Base):
    """A campaign has paused itself: why, and its figures then, from which it is counted anew."""

    __tablename__ = "campaign_pauses"
    __table_args__ = (
        CheckConstraint("why IN ('complaints', 'bounces')", name="why"),
        Index("ix_campaign_pauses_campaign", "campaign", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(ForeignKey("campaigns.name"))
    why: Mapped[str] = mapped_column(Text)
    paused_at: Mapped[datetime] = mapped_column(Moment)
    sent: Mapped[int] = mapped_column(BigInteger)
    bounced: Mapped[int] = mapped_column(BigInteger)
    complained: Mapped[int] = mapped_column(BigInteger)


class MessageVisit(Base):
    """A picture of a mail was fetched, or a link followed; gone once it is noted as an event."""

    __tablename__ = "message_visits"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[str] = mapped_column(Text)
    link: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime] = mapped_column(Moment)
    machine: Mapped[str | None] = mapped_column(
        Text, comment="Why it is known to be one; empty: is not."
    )


class UnreadMail(Base):
    """A mail that came back and of which it is not certain what it says, kept for a person."""

    __tablename__ = "unread_mails"
    __table_args__ = (Index("ix_unread_mails_content_hash", "content_hash", unique=True),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("mail"))
    received_at: Mapped[datetime] = mapped_column(Moment)
    why: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(EncryptedBytes(UNREAD_MAIL))
    content_hash: Mapped[str] = mapped_column(Text)
