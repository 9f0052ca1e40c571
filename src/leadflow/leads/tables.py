"""The lead, what it did, how it ended, what attributes a company added, and rows set aside."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, declarative_mixin, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedJson, EncryptedText
from leadflow.privacy.encryption import LARGER_BY

LARGEST_PAYLOAD = 8192  # bytes of an event's payload as JSON, before it is encrypted

EVENT_PAYLOAD = "event_payload"


@declarative_mixin
class Profile:
    """What is known of a lead that features may use; kept in versions by a trigger.

    Nothing here identifies a person: what features need of e-mail, phone and job title is
    derived on the way in (``email_kind``, ``has_phone``, ``seniority``). ``said``: when and where
    each value was said (``leads/said.py``).
    """

    email_kind: Mapped[str] = mapped_column(Text, server_default="none")
    has_phone: Mapped[bool] = mapped_column(server_default=text("false"))
    company_name: Mapped[str | None] = mapped_column(Text)
    company_size: Mapped[int | None] = mapped_column(Integer)
    industry: Mapped[str | None] = mapped_column(Text)
    job_title: Mapped[str | None] = mapped_column(Text)
    seniority: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(CHAR(2))
    region: Mapped[str | None] = mapped_column(Text)
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    budget_currency: Mapped[str | None] = mapped_column(CHAR(3))
    timeline: Mapped[str | None] = mapped_column(Text)
    timeline_months: Mapped[float | None] = mapped_column(Double)
    service_requirements: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    website_visits: Mapped[int | None] = mapped_column(Integer)
    email_opens: Mapped[int | None] = mapped_column(Integer)
    content_downloads: Mapped[int | None] = mapped_column(Integer)
    counted_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="When the three counters above were read; later events add to them."
    )
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    said: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))


class Lead(Profile, Base):
    """A person who may buy: identity, and the profile known from ``known_from`` on."""

    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("email_kind IN ('none', 'free', 'company')", name="email_kind"),
        CheckConstraint("(email IS NULL) = (email_index IS NULL)", name="email_indexed"),
        CheckConstraint("company_size >= 0", name="company_size"),
        CheckConstraint("budget_minor >= 0", name="budget_minor"),
        CheckConstraint("(budget_minor IS NULL) = (budget_currency IS NULL)", name="budget"),
        CheckConstraint("merged_into <> id", name="merged_into"),
        Index("ix_leads_merged_into", "merged_into", postgresql_where="merged_into IS NOT NULL"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("lead"))
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    # The lead that stands for it.
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    email: Mapped[str | None] = mapped_column(EncryptedText("email"))
    email_index: Mapped[str | None] = mapped_column(Text, unique=True)
    phone: Mapped[str | None] = mapped_column(EncryptedText("phone"))
    first_name: Mapped[str | None] = mapped_column(EncryptedText("first_name"))
    last_name: Mapped[str | None] = mapped_column(EncryptedText("last_name"))
    first_name_index: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    last_name_index: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    country_said: Mapped[bool] = mapped_column(server_default=text("false"))  # else derived
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    known_from: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class LeadHistory(Profile, Base):
    """An earlier profile of a lead, until ``known_until``; only a trigger of leads writes it."""

    __tablename__ = "lead_history"

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    known_from: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    known_until: Mapped[datetime] = mapped_column(Moment)


class SourceRecord(Base):
    """Which fields a source had filled for none of its leads when that was last looked at."""

    __tablename__ = "source_records"

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    not_recorded: Mapped[int] = mapped_column(
        BigInteger, comment="A sum of bits, one for each field that none of its leads has."
    )
    looked_at: Mapped[datetime] = mapped_column(Moment)


class EventTypeRow(Base):
    """A type of event: what it counts as, who does it, and what its payload may hold.

    Rooms declare some, a company adds its own (``declared_by``). ``revision`` is a new and
    higher one after each change, so that the highest of all tells whether anything has changed.
    """

    __tablename__ = "event_types"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,62}$'", name="name"),
        CheckConstraint(
            "dimension IN ('demographic', 'behavioural', 'engagement', 'fit')", name="dimension"
        ),
        CheckConstraint("done_by IN ('lead', 'rep')", name="done_by"),
        CheckConstraint("NOT is_touch OR done_by = 'rep'", name="touch_of_rep"),
        CheckConstraint("NOT reopens OR done_by = 'lead'", name="reopened_by_lead"),
        CheckConstraint(
            "NOT has_features OR (done_by = 'lead' AND counts_as = name)", name="own_features"
        ),
        CheckConstraint("octet_length(payload_schema::text) <= 32768", name="schema_size"),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    counts_as: Mapped[str] = mapped_column(ForeignKey("event_types.name"))
    dimension: Mapped[str] = mapped_column(Text)
    done_by: Mapped[str] = mapped_column(Text, server_default="lead")
    is_touch: Mapped[bool] = mapped_column(server_default=text("false"))
    has_features: Mapped[bool] = mapped_column(server_default=text("false"))
    reopens: Mapped[bool] = mapped_column(server_default=text("false"))
    payload_schema: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    declared_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    revision: Mapped[int] = mapped_column(BigInteger, Identity())


class LeadEvent(Base):
    """Something a lead did, or a salesperson with it. ``known_at`` is when Leadflow learned of it.

    ``type`` names one of ``event_types``; whoever writes checks it, because a foreign key would
    have every event lock the one row of its type. ``payload`` is what else was sent: it may be
    personal data, so it is encrypted, never goes into logs or the audit log, and is gone with the
    lead.
    """

    __tablename__ = "lead_events"
    __table_args__ = (
        # With all that features read of an event, so that they are counted along the index alone.
        Index(
            "ix_lead_events_lead_id_occurred_at",
            "lead_id",
            "occurred_at",
            postgresql_include=["type", "known_at"],
        ),
        Index(
            "uq_lead_events_source_external_id",
            *("source", "external_id"),
            unique=True,
            postgresql_where="external_id IS NOT NULL",
        ),
        Index("ix_lead_events_occurred_at", "occurred_at", postgresql_using="brin"),
        CheckConstraint(
            f"octet_length(payload) <= {LARGEST_PAYLOAD + LARGER_BY}", name="payload_size"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    known_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson(EVENT_PAYLOAD))
    copied_from: Mapped[int | None] = mapped_column(
        BigInteger, comment="The event of a lead that was merged into this one."
    )


class Outcome(Base):
    """How a lead ended: converted or lost, and when; of an open lead there is none.

    It follows from all that was ever said of it (``leads.outcomes``).
    """

    __tablename__ = "outcomes"
    __table_args__ = (
        UniqueConstraint("lead_id"),
        CheckConstraint("outcome IN ('converted', 'lost')", name="outcome"),
        CheckConstraint("(value_minor IS NULL) = (value_currency IS NULL)", name="value"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("outcome"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    outcome: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    known_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    value_minor: Mapped[int | None] = mapped_column(BigInteger)
    value_currency: Mapped[str | None] = mapped_column(CHAR(3))
    source: Mapped[str] = mapped_column(Text)


class ChangedLead(Base):
    """A mark: this lead has facts newer than its score. ``bulk``: it came with many others and may
    wait behind others. ``caused_by``, ``depth``: which rule they came of, as in domain events."""

    __tablename__ = "changed_leads"
    __table_args__ = (Index("ix_changed_leads_turn", "bulk", "changed_at"),)

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    changed_at: Mapped[datetime] = mapped_column(Moment)
    bulk: Mapped[bool] = mapped_column(server_default=text("false"))
    caused_by: Mapped[str | None] = mapped_column(Text)
    depth: Mapped[int] = mapped_column(Integer, server_default="0")


class AttributeDefinition(Base):
    """A custom attribute of a company's leads, usable as a feature without code.

    ``use`` is what is learned of free text. ``direction`` is how a number may count, free where it
    is not said. ``guessed`` is a kind taken from the first value that
    was sent, until a mapping says what the attribute is. One that was dropped is no feature.
    """

    __tablename__ = "attribute_definitions"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('numeric', 'categorical', 'boolean', 'date', 'text')", name="kind"
        ),
        CheckConstraint("use IS NULL OR (use = 'words' AND kind = 'text')", name="use"),
        CheckConstraint(
            "direction IS NULL OR (direction IN ('up', 'down') AND kind IN "
            "('numeric', 'boolean', 'date'))",
            name="direction",
        ),
        CheckConstraint(
            "dimension IN ('demographic', 'behavioural', 'engagement', 'fit')", name="dimension"
        ),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    dimension: Mapped[str] = mapped_column(Text)
    use: Mapped[str | None] = mapped_column(Text)
    direction: Mapped[str | None] = mapped_column(Text)
    guessed: Mapped[bool] = mapped_column(server_default=text("false"))
    dropped_at: Mapped[datetime | None] = mapped_column(Moment)
    dropped_by: Mapped[str | None] = mapped_column(Text, comment="mapping, person")
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class QuarantinedRow(Base):
    """A row of a file that failed its checks: kept whole (encrypted) with the reasons."""

    __tablename__ = "quarantined_rows"
    __table_args__ = (
        UniqueConstraint("inbox_id", "row_number"),
        CheckConstraint("status IN ('waiting', 'stored', 'discarded')", name="status"),
        CheckConstraint("outcome IN ('converted', 'lost')", name="outcome"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("row"))
    inbox_id: Mapped[str] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"))
    row_number: Mapped[int] = mapped_column(BigInteger)
    row: Mapped[dict[str, Any]] = mapped_column(
        EncryptedJson("quarantined_row"), comment="The row as JSON, encrypted."
    )
    reasons: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    outcome: Mapped[str | None] = mapped_column(
        Text, comment="How its lead ended, where that could be read."
    )
    status: Mapped[str] = mapped_column(Text, default="waiting", index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
