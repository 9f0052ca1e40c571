"""What happened, written by triggers where it is stored, and who wants to know of what."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class DomainEvent(Base):
    """One thing that happened, of a type that somebody wants to know of. Triggers write it in the
    transaction of the fact (``domain_events_of_…``), many at a time. Ids, figures and states only.

    ``caused_by`` is the firing of the workflow rule whose action this came of, ``depth`` how many
    rules led to it one after another.
    """

    __tablename__ = "domain_events"
    __table_args__ = (
        Index("ix_domain_events_pending", "id", postgresql_where=text("reacted_at IS NULL")),
        Index("ix_domain_events_type_id", "type", "id"),
        Index("ix_domain_events_lead_id", "lead_id"),
        Index("ix_domain_events_at", "at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    lead_id: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    late: Mapped[bool] = mapped_column(
        server_default=text("false"),
        comment="It was history when it was heard of; no rule acts on it.",
    )
    at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    caused_by: Mapped[str | None] = mapped_column(Text)
    depth: Mapped[int] = mapped_column(Integer, server_default="0")
    reacted_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="When workflow rules were held against it."
    )


class WantedType(Base):
    """A reader wants to be told of a type: an endpoint, or the workflow rules that are active."""

    __tablename__ = "wanted_types"

    reader: Mapped[str] = mapped_column(Text, primary_key=True)
    type: Mapped[str] = mapped_column(Text, primary_key=True)
