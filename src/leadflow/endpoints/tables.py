"""Endpoints with their secrets, what each is told, and every attempt to tell it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
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
from leadflow.privacy.columns import EncryptedText

WAITING = text("status = 'waiting'")
ENDPOINT_SECRET = "endpoint_secret"  # noqa: S105 - the name of a field


class Endpoint(Base):
    """An address of another program that is told of what it wants. The address may hold a token of
    the receiver, so it is encrypted. What is deleted stays for its messages until they are."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9_-]{0,62}$'", name="name"),
        CheckConstraint("status IN ('enabled', 'disabled', 'deleted')", name="status"),
        CheckConstraint("cardinality(types) > 0", name="types"),
        CheckConstraint("(status = 'disabled') = (disabled_why IS NOT NULL)", name="disabled"),
        Index(
            "uq_webhook_endpoints_name",
            "name",
            unique=True,
            postgresql_where=text("status <> 'deleted'"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("whe"))
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(EncryptedText("endpoint_url"))
    description: Mapped[str] = mapped_column(EncryptedText("endpoint_description"))
    types: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Of messages that it wants.")
    include_personal: Mapped[bool] = mapped_column(server_default=text("false"))
    status: Mapped[str] = mapped_column(Text, server_default="enabled")
    disabled_why: Mapped[str | None] = mapped_column(Text, comment="person, gone, failing")
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(
        Integer, server_default="0", comment="Attempts that failed since the last that did not."
    )
    failing_since: Mapped[datetime | None] = mapped_column(Moment, comment="The first of them.")
    paused_until: Mapped[datetime | None] = mapped_column(
        Moment, comment="Where all fails: nothing is sent before."
    )
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)


class EndpointSecret(Base):
    """What messages to an endpoint are signed with. While one is rotated, two are live."""

    __tablename__ = "webhook_endpoint_secrets"
    __table_args__ = (Index("ix_webhook_endpoint_secrets_endpoint_id", "endpoint_id"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("wsec"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    secret: Mapped[str] = mapped_column(EncryptedText(ENDPOINT_SECRET))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)


class Message(Base):
    """One thing that happened, for one endpoint: ``waiting``, ``delivered``, or ``failed`` once it
    was given up. A trigger makes it of a domain event, in the transaction of the fact, a
    million at a time, so there is no foreign key to be checked row by row. Ids, figures and states
    only: what is personal is read when the message is sent.
    """

    __tablename__ = "webhook_messages"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'delivered', 'failed')", name="status"),
        CheckConstraint("(status = 'waiting') = (ended_at IS NULL)", name="ended"),
        Index(
            "ix_webhook_messages_due",
            "endpoint_id",
            "due_at",
            "number",
            postgresql_where=WAITING,
        ),
        Index(
            "ix_webhook_messages_of_lead",
            "endpoint_id",
            "lead_id",
            "number",
            postgresql_where=WAITING,
        ),
        Index("ix_webhook_messages_listed", "endpoint_id", "number"),
        Index("ix_webhook_messages_created_at", "created_at", postgresql_using="brin"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("msg"))
    number: Mapped[int] = mapped_column(
        BigInteger, Identity(), comment="The order in which messages of a lead are sent."
    )
    endpoint_id: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    lead_id: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    status: Mapped[str] = mapped_column(Text, server_default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    due_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class Attempt(Base):
    """One attempt to send a message. One without an end was cut off: the process died. Nothing of
    what the receiver answered is kept but its status."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_message_id", "message_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("webhook_messages.id", ondelete="CASCADE"))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    milliseconds: Mapped[int | None] = mapped_column(Integer)
    answered: Mapped[int | None] = mapped_column(Integer, comment="The HTTP status.")
    error: Mapped[str | None] = mapped_column(
        Text, comment="Why there is no status, or what of it."
    )
