"""Rule sets as they were written: versions are added, and one of each kind is active."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText


class RuleSetRow(Base):
    """One version of the rules of a kind. Only ``active`` ever changes, which a trigger keeps."""

    __tablename__ = "rule_sets"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(content_hash) = 64", name="content_hash"),
        Index("uq_rule_sets_active", "kind", unique=True, postgresql_where=text("active")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("rules"))
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(EncryptedText("rules_note"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    active: Mapped[bool] = mapped_column(server_default=text("false"))


class RuleSwitch(Base):
    """A version was switched on; it counts until the next switch of its kind. Rows are only ever
    added, which a trigger keeps."""

    __tablename__ = "rule_switches"
    __table_args__ = (Index("ix_rule_switches_kind", "kind", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    by: Mapped[str] = mapped_column(Text)
