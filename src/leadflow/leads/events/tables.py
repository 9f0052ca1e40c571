"""A company's own types of events as they were declared: each change is a version."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class EventTypeVersion(Base):
    """What a type was said to be, from one moment to the next, as a file says it. ``event_types``
    has what counts now."""

    __tablename__ = "event_type_versions"

    event_type: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text)
