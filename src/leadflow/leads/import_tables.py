"""What each import changed, so that it can be undone, and what was taken out of leads."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declarative_mixin, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.privacy.columns import EncryptedText

# In what is kept of a lead as it was: the id of its source that the row gave it, if it had none.
GIVEN_ID = "given_id"


@declarative_mixin
class Secrets:
    """Encrypted values of a lead, as they are stored there."""

    phone: Mapped[str | None] = mapped_column(EncryptedText("phone"))
    first_name: Mapped[str | None] = mapped_column(EncryptedText("first_name"))
    last_name: Mapped[str | None] = mapped_column(EncryptedText("last_name"))


class ImportChange(Secrets, Base):
    """What one row of a file did to a lead: made it, or changed the values named in ``said``.

    ``said`` are notes by name (``leads/said.py``); ``before`` is the lead as it was, by column,
    encrypted ones beside. What the row told of how the lead ended is in the log of outcomes.
    """

    __tablename__ = "import_changes"
    __table_args__ = (
        Index("ix_import_changes_inbox_id", "inbox_id", "lead_id"),
        Index("ix_import_changes_lead_id", "lead_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inbox_id: Mapped[str] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    made: Mapped[bool]
    said: Mapped[dict[str, str]] = mapped_column(JSONB)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    email: Mapped[str | None] = mapped_column(EncryptedText("email"))


class TakenOutValue(Secrets, Base):
    """A value that was taken out of a lead because its source no longer maps it, or a person
    dropped it: of the present profile, or of the earlier one known from ``known_from``."""

    __tablename__ = "taken_out_values"
    __table_args__ = (
        Index("ix_taken_out_values_name", "name"),
        Index("ix_taken_out_values_lead_id", "lead_id"),
        Index("ix_taken_out_values_inbox_id", "inbox_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inbox_id: Mapped[str | None] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    known_from: Mapped[datetime | None] = mapped_column(Moment)
    name: Mapped[str] = mapped_column(Text)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
    said: Mapped[str] = mapped_column(Text)
    taken_out_at: Mapped[datetime] = mapped_column(Moment)
