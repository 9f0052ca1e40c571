"""Versions of the sales team."""

from datetime import datetime

from sqlalchemy import Identity, Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.privacy.columns import EncryptedText


class TeamVersion(Base):
    """The whole sales team as it was from ``created_at`` on; the newest is the one in use."""

    __tablename__ = "team_versions"

    version: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    content: Mapped[str] = mapped_column(EncryptedText("team_version"))
    content_hash: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
