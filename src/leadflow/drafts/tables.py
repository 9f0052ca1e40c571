"""Drafts: changes of what is set up, exactly as they were sent, that do not count yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker


class ConfigurationDraft(Base):
    """A change that somebody asked for. It never changes; how it stands is its approval's."""

    __tablename__ = "configuration_drafts"
    __table_args__ = (Index("ix_configuration_drafts_written_at", "written_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("draft"))
    contents: Mapped[dict[str, Any]] = mapped_column(
        JSONB, comment="What is to be in force, by its kind."
    )
    take_out: Mapped[dict[str, list[str]]] = mapped_column(
        JSONB, comment="Names of what is to be taken out, by their kind."
    )
    altered: Mapped[list[dict[str, str]]] = mapped_column(
        JSONB, comment="Each thing as text, as it was when this was written and as it is to be."
    )
    written_by: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    approval_id: Mapped[str | None] = mapped_column(Text, comment="Empty only until it is asked.")
