"""Views of the list of leads that people have saved."""

from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import CheckConstraint, Index, Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedJson, EncryptedText

SHARED = ("nobody", "team", "everybody")
ShownAs = Literal["list", "stages", "levels"]


class SavedView(Base):
    """A question about leads and the columns that are shown of them, under a name.

    ``shared``: whether whoever made it sees it alone, their team does, or everybody who reads
    leads. Each sees in it what they may. ``shown_as``: a list, or a board whose columns are stages
    or levels. ``revision`` counts its changes.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        CheckConstraint(f"shared IN {SHARED}", name="shared"),
        CheckConstraint(f"shown_as IN {get_args(ShownAs)}", name="shown_as"),
        CheckConstraint("(shared = 'team') = (team_id IS NOT NULL)", name="team"),
        Index("ix_saved_views_made_by", "made_by"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("view"))
    name: Mapped[str] = mapped_column(EncryptedText("view_name"))
    question: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("view_question"))
    columns: Mapped[list[str]] = mapped_column(
        EncryptedJson("view_columns"), comment="In their order; attributes by their names."
    )
    shown_as: Mapped[ShownAs] = mapped_column(Text, server_default="list")
    shared: Mapped[str] = mapped_column(Text)
    team_id: Mapped[str | None] = mapped_column(
        Text, comment="Of a team that is gone: whoever made it sees it alone."
    )
    made_by: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(Integer, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    changed_by: Mapped[str] = mapped_column(Text)
