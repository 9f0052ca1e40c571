"""Campaigns in the store: what was written, who is in them, what they have passed, what is to be
sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedJson

ENROLMENT_DATA = "enrolment_data"
STATES = ("draft", "live", "paused", "stopped", "archived")
MESSAGE_STATES = (
    "planned",
    "claimed",
    "accepted",
    "delivered",
    "bounced",
    "failed",
    "uncertain",
    "cancelled",
    "withheld",
)
OPEN = text("ended_at IS NULL")


class CampaignVersion(Base):
    """A campaign as it was written. Rows are only ever added."""

    __tablename__ = "campaign_versions"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)


class CampaignState(Base):
    """What a campaign is doing. ``draft``: nobody comes in yet; ``live``; ``paused``: whoever is in
    it stays where they are; ``stopped``: it has ended for everybody, and stays so; ``archived``:
    so too, and lists leave it out."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(
            "state = 'archived' OR (state = 'draft') = (live_version IS NULL)", name="live_version"
        ),
        CheckConstraint("late IN ('send', 'skip')", name="late"),
        ForeignKeyConstraint(
            ["name", "live_version"], ["campaign_versions.campaign", "campaign_versions.version"]
        ),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    live_version: Mapped[int | None] = mapped_column(
        Integer, comment="The version that leads come into."
    )
    launched_at: Mapped[datetime | None] = mapped_column(Moment)
    late: Mapped[str | None] = mapped_column(
        Text, comment="What becomes of late messages, as was said when it last went on."
    )
    launched_by: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str] = mapped_column(Text)


class CampaignPreviewed(Base):
    """A lead that was previewed of a version as its launch was asked for, and as what."""

    __tablename__ = "campaign_previewed"
    __table_args__ = (
        ForeignKeyConstraint(
            ["campaign", "version"], ["campaign_versions.campaign", "campaign_versions.version"]
        ),
    )

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    lead_id: Mapped[str] = mapped_column(Text, primary_key=True)
    entry: Mapped[str] = mapped_column(Text)


class Enrolment(Base):
    """A lead in a campaign, in the version in which it came in.

    ``key`` says what the series is about where that is more than the lead: an order, a trial.
    ``node`` is the number of its step, ``entered_at`` when it came there, ``due_at`` when that step
    is over; empty: not reckoned yet. ``places`` are where
    the lead may be: country, region and zone, such as ``DE BY Europe/Berlin``.
    ``trail`` has a line for each way it took: moment, step, way.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended"),
        ForeignKeyConstraint(
            ["campaign", "version"], ["campaign_versions.campaign", "campaign_versions.version"]
        ),
        # At most one is open for a campaign, a lead and a key.
        Index(
            "uq_enrolments_open", "campaign", "lead_id", "key", unique=True, postgresql_where=OPEN
        ),
        Index("ix_enrolments_due", "campaign", "version", "due_at", postgresql_where=OPEN),
        Index("ix_enrolments_lead_id", "lead_id"),
        Index("ix_enrolments_campaign", "campaign", "id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("enr"))
    campaign: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text, server_default="")
    data: Mapped[dict[str, Any] | None] = mapped_column(
        EncryptedJson(ENROLMENT_DATA), comment="What was said as it was enrolled."
    )
    enrolled_by: Mapped[str] = mapped_column(Text, comment="A person, a key, a rule, or criteria.")
    began_at: Mapped[datetime] = mapped_column(Moment)
    node: Mapped[int] = mapped_column(Integer, server_default="0")
    entered_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    places: Mapped[list[str]] = mapped_column(ARRAY(Text))
    trail: Mapped[str] = mapped_column(Text, server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_as: Mapped[str | None] = mapped_column(Text)


class CampaignWants(Base):
    """A version of a campaign goes by events of a type: a trigger notes them for it."""

    __tablename__ = "campaign_wants"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    type: Mapped[str] = mapped_column(Text, primary_key=True)
    enters: Mapped[bool] = mapped_column(primary_key=True, comment="Leads come in by it.")


class EnrolmentSignal(Base):
    """Something has happened to a lead that its enrolment may go by; gone once it was looked at."""

    __tablename__ = "enrolment_signals"

    enrolment_id: Mapped[str] = mapped_column(
        ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class CampaignArrival(Base):
    """Something has happened to a lead by which it may come into a campaign; gone once it was
    looked at."""

    __tablename__ = "campaign_arrivals"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class CampaignPassed(Base):
    """How many enrolments have taken a way of a version; kept up as they do, never counted."""

    __tablename__ = "campaign_passed"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True, comment="* for what takes leads out.")
    way: Mapped[str] = mapped_column(Text, primary_key=True)
    passed: Mapped[int] = mapped_column(BigInteger)


class CampaignMessage(Base):
    """A message that a campaign has for a lead: one for each enrolment and step that sends.

    ``cancelled``: its lead was taken out before it was sent, or it was too late. ``withheld``: its
    lead may not be written to, and ``why``, by the name of the refusal (``consent.refusals``).
    ``claimed``: whoever has the claim hands it over, until ``claimed_until``. ``accepted``: the
    mail server has it. ``failed``: it never will, and ``why``. ``uncertain``: nobody knows whether
    it arrived; only where the channel honours its key is the very same mail asked for again, from
    ``ask_at`` on.

    A partition for each month, which the id says: it begins with the moment of planning. So what is
    looked for by its id is looked for in one month alone. That a step is sent once is kept by
    ``MessageKey``, over all months.
    """

    __tablename__ = "campaign_messages"
    __table_args__ = (
        CheckConstraint(f"status IN {MESSAGE_STATES}", name="status"),
        CheckConstraint(
            "(status IN ('withheld', 'failed', 'uncertain', 'bounced')) = (why IS NOT NULL)",
            name="why",
        ),
        CheckConstraint("(status = 'claimed') = (claim IS NOT NULL)", name="claim"),
        CheckConstraint("(claim IS NULL) = (claimed_until IS NULL)", name="claimed_until"),
        CheckConstraint("ask_at IS NULL OR status = 'uncertain'", name="ask_at"),
        ForeignKeyConstraint(
            ["campaign", "version"], ["campaign_versions.campaign", "campaign_versions.version"]
        ),
        Index("ix_campaign_messages_enrolment_id", "enrolment_id"),
        Index("ix_campaign_messages_campaign", "campaign", "id"),
        Index("ix_campaign_messages_lead_id", "lead_id"),
        Index(
            "ix_campaign_messages_planned", "due_at", postgresql_where=text("status = 'planned'")
        ),
        Index(
            "ix_campaign_messages_claimed",
            "claimed_until",
            postgresql_where=text("status = 'claimed'"),
        ),
        Index(
            "ix_campaign_messages_provider_id",
            "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index(
            "ix_campaign_messages_uncertain",
            "id",
            postgresql_where=text("status = 'uncertain'"),
        ),
        Index(
            "ix_campaign_messages_sent",
            "channel",
            "sent_at",
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index(
            "ix_campaign_messages_address_index",
            "address_index",
            "sent_at",
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index("ix_campaign_messages_ask", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("msg"))
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolments.id", ondelete="CASCADE"))
    campaign: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(
        Integer, comment="In which it was planned; its lead may be in another by now."
    )
    step: Mapped[str] = mapped_column(Text)
    lead_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="planned")
    why: Mapped[str | None] = mapped_column(
        Text, comment="Why it is withheld, came back, has failed, or is uncertain."
    )
    purpose: Mapped[str] = mapped_column(Text)
    claim: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    provider_id: Mapped[str | None] = mapped_column(Text, comment="What the mail server called it.")
    channel: Mapped[str | None] = mapped_column(Text, comment="Whom it was handed to last.")
    handed_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="When it was handed over first; NULL again once it was surely not taken."
    )
    mail_hash: Mapped[str | None] = mapped_column(
        Text, comment="Of the mail that was handed over, where the channel honours its key."
    )
    address_index: Mapped[str | None] = mapped_column(
        Text, comment="The keyed hash of the address that it was handed over for."
    )
    ask_at: Mapped[datetime | None] = mapped_column(Moment)
    story: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB, comment="Attempts that came to nothing, the last twenty; names and moments alone."
    )
    put_off: Mapped[str | None] = mapped_column(
        Text, comment="Which bound has put it off last, if any."
    )
    due_at: Mapped[datetime] = mapped_column(Moment)
    planned_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
