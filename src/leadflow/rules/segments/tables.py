"""Segments as they were written: each change is a new version, the last one counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from leadflow.database.base import Base, Moment


class SegmentVersion(Base):
    """What a segment was said to be, from one moment to the next."""

    __tablename__ = "segment_versions"

    segment: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="Empty: from then on there is no such segment."
    )
    content_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)


def segment_names(session: Session) -> list[str]:
    """The names of the segments that count."""
    newest = (
        select(SegmentVersion.segment, SegmentVersion.content_hash)
        .distinct(SegmentVersion.segment)
        .order_by(SegmentVersion.segment, SegmentVersion.version.desc())
    )
    return [name for name, content_hash in session.execute(newest) if content_hash]
