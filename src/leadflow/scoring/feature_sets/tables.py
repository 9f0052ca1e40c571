"""Sets of features that were made, and leads whose events have changed since."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker


class FeatureSet(Base):
    """A set of features as of a moment, in files. It counts from ``ready_at`` on: a row without
    it is of one that is being made, whose making was broken off, or that was let go.

    ``cluster`` and ``seen`` say which transactions its making saw, for the next one to tell what is
    news; ``base_id`` is the set it carried aggregates over from.
    """

    __tablename__ = "feature_sets"
    __table_args__ = (
        CheckConstraint("purpose IN ('serving', 'training', 'recent')", name="purpose"),
        CheckConstraint("num_nulls(ready_at, manifest_sha256, leads) IN (0, 3)", name="ready"),
        Index("ix_feature_sets_purpose_as_of", "purpose", "as_of"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("features"))
    purpose: Mapped[str] = mapped_column(Text)
    as_of: Mapped[datetime] = mapped_column(Moment)
    address: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
    base_id: Mapped[str | None] = mapped_column(Text)
    cluster: Mapped[str] = mapped_column(Text)
    seen: Mapped[str] = mapped_column(Text)
    definitions_sha256: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str | None] = mapped_column(Text)
    leads: Mapped[int | None] = mapped_column(BigInteger)


class FeatureNews(Base):
    """An event of this lead came, changed or went in this transaction; only triggers of events
    write it. Until ``ahead_until`` one of them is still to happen, or to be known."""

    __tablename__ = "feature_news"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[str] = mapped_column(Text)
    changed_in: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_current_xact_id()::text::bigint")
    )
    ahead_until: Mapped[datetime] = mapped_column(Moment)
