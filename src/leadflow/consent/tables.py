"""What was said for and against being written to, and addresses that nobody writes to."""

from datetime import datetime
from typing import cast

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.leads.tables import Lead

LEADS = cast(Table, Lead.__table__)
A_CHANNEL = "channel IN ('email')"


class ConsentEvent(Base):
    """Somebody said yes or no to being written to. Append-only by trigger and role; gone with the
    lead. Ids and words of ours only, never personal data."""

    __tablename__ = "consent_events"
    __table_args__ = (
        CheckConstraint("purpose IN ('marketing', 'service', 'legal')", name="purpose"),
        CheckConstraint(A_CHANNEL, name="channel"),
        CheckConstraint(
            "lawful_basis IN ('consent', 'contract', 'legitimate_interest', 'legal_obligation')",
            name="lawful_basis",
        ),
        CheckConstraint("given = (lawful_basis IS NOT NULL)", name="basis_of_a_yes"),
        CheckConstraint("strength BETWEEN 1 AND 3", name="strength"),
        CheckConstraint("given OR purpose <> 'legal'", name="legal_stays"),
        # With all that the check before a message reads, so that it reads the index alone.
        Index(
            "ix_consent_events_lead_id",
            *("lead_id", "channel", "purpose", "given", "happened_at"),
            postgresql_include=["strength"],
        ),
        # Rows lie in the order of these moments.
        Index("ix_consent_events_recorded_at", "recorded_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LEADS.c.id, ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    given: Mapped[bool]
    lawful_basis: Mapped[str | None] = mapped_column(Text, comment="Of a yes; a no needs none.")
    source: Mapped[str] = mapped_column(Text, comment="The system it comes from.")
    evidence: Mapped[str] = mapped_column(Text, comment="Its kind.")
    strength: Mapped[int] = mapped_column(SmallInteger, comment="Of the evidence, 1 to 3.")
    reference: Mapped[str | None] = mapped_column(Text, comment="An id of what proves it.")
    happened_at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    recorded_by: Mapped[str] = mapped_column(Text)


class Suppression(Base):
    """An address that nobody writes to, whoever has it: by a keyed hash, so that it is kept though
    nobody keeps the address."""

    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("address_index", "channel", "reason"),
        CheckConstraint(A_CHANNEL, name="channel"),
        CheckConstraint(
            "reason IN ('hard_bounce', 'complaint', 'opted_out', 'asked_by_person', 'erased')",
            name="reason",
        ),
        Index("ix_suppressions_since", "since", "id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("supp"))
    channel: Mapped[str] = mapped_column(Text)
    address_index: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Moment)
    suppressed_by: Mapped[str] = mapped_column(Text)
