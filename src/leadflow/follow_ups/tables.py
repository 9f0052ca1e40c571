"""What people keep of a lead beside its profile: notes, tasks, tags."""

from datetime import datetime
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.leads.tables import Lead
from leadflow.privacy.columns import EncryptedText

LEADS = cast(Table, Lead.__table__)
OPEN = text("status = 'open'")


class LeadNote(Base):
    """Something that somebody wrote about a lead. ``revision`` is one more after each edit, so that
    nobody overwrites what they have not read."""

    __tablename__ = "lead_notes"
    __table_args__ = (Index("ix_lead_notes_lead_id", "lead_id", "written_at"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("note"))
    lead_id: Mapped[str] = mapped_column(ForeignKey(LEADS.c.id, ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(EncryptedText("note_words"))
    written_by: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Moment)
    edited_by: Mapped[str | None] = mapped_column(Text)
    edited_at: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class LeadTask(Base):
    """Something to be done about a lead, by one salesperson: the one that is named, else whoever
    has the lead."""

    __tablename__ = "lead_tasks"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'done', 'cancelled')", name="status"),
        CheckConstraint(
            "(status = 'open') = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)",
            name="closed",
        ),
        Index("ix_lead_tasks_lead_id", "lead_id"),
        Index("ix_lead_tasks_open", "due_at", "lead_id", postgresql_where=OPEN),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("task"))
    lead_id: Mapped[str] = mapped_column(ForeignKey(LEADS.c.id, ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(EncryptedText("task_what"))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    rep_id: Mapped[str | None] = mapped_column(
        ForeignKey("reps.id", ondelete="RESTRICT"), comment="Empty: whoever has the lead."
    )
    status: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class LeadTag(Base):
    """A tag of a lead, in its one form (``tag_names``)."""

    __tablename__ = "lead_tags"
    __table_args__ = (Index("ix_lead_tags_tag", "tag"),)

    lead_id: Mapped[str] = mapped_column(
        ForeignKey(LEADS.c.id, ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    added_by: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Moment)
