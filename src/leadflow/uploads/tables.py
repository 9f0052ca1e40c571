"""Files sent over the API: what each is, what its columns mean, how far its import is."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.database.leased import IS_OPEN, Leased, Leases
from leadflow.privacy.columns import EncryptedBytes, EncryptedJson, EncryptedText

STATES = ("arriving", "uploaded", "queued", "running", "done", "failed", "gone")


class Upload(Leased, Base):
    """A file that somebody has sent, to be imported.

    ``arriving``: not all of it is there. ``uploaded``: what its columns mean can be said.
    ``queued``: it is imported next. ``running``: a process imports it and holds it until
    ``due_at``; later it is anybody's, and goes on where it was. ``done``: it is imported.
    ``failed``: it is not, or not all of it, and can be started again. ``gone``: the file was taken
    away before that. The import itself, with its figures, is ``inbox_id``; where ``known_since`` is
    said, it is that of somebody who imported the same before, and this one did nothing.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(
            "(state IN ('arriving', 'uploaded', 'queued', 'running', 'failed'))"
            " = (expires_at IS NOT NULL)",
            name="file",
        ),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="error"),
        CheckConstraint(
            "state NOT IN ('queued', 'running') OR"
            " (mapping IS NOT NULL AND started_by IS NOT NULL)",
            name="started",
        ),
        Index("ix_uploads_content_hash", "content_hash"),
        Index("ix_uploads_inbox_id", "inbox_id"),
        Index("ix_uploads_due", "due_at", postgresql_where=IS_OPEN),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("import"))
    uploaded_by: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    file: Mapped[str] = mapped_column(EncryptedText("upload_file"))
    source: Mapped[str | None] = mapped_column(Text, comment="As it was said with the file.")
    content_hash: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger, server_default="0", comment="Bytes, so far.")
    parts: Mapped[int] = mapped_column(Integer, server_default="0")
    rows: Mapped[int | None] = mapped_column(BigInteger, comment="In the file.")
    proposal: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("upload_proposal"))
    mapping: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("upload_mapping"))
    anyway: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Go on where many rows fail."
    )
    state: Mapped[str] = mapped_column(Text, server_default="arriving")
    started_by: Mapped[str | None] = mapped_column(Text)
    inbox_id: Mapped[str | None] = mapped_column(ForeignKey("inbox.id"))
    known_since: Mapped[datetime | None] = mapped_column(
        Moment, comment="When the same was imported before, and nothing was left to do."
    )
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment, comment="When the file goes.")
    error: Mapped[str | None] = mapped_column(EncryptedText("upload_error"))

    @property
    def own_inbox_id(self) -> str | None:
        """Under which id it is recorded what came of this file; None: nothing did, or all of it
        was imported before."""
        return None if self.known_since is not None else self.inbox_id

    @property
    def said_encoding(self) -> str | None:
        """What its text is written in, where that was said with the file."""
        proposed = (self.proposal or {}).get("mapping", {})
        encoding: str | None = proposed.get("csv", {}).get("encoding")
        return encoding


UPLOADS = Leases(Upload)


class ImportUndoing(Leased, Base):
    """Somebody wants an import taken back, of a file that was sent or of one that was brought in on
    the machine. ``queued``, ``running``: it is; all of it or nothing, so that an attempt that dies
    leaves nothing. ``done``: ``result`` says what. ``failed``: nothing was changed.
    """

    __tablename__ = "import_undoings"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="error"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
        Index("ix_import_undoings_due", "due_at", postgresql_where=IS_OPEN),
        Index("ix_import_undoings_inbox_id", "inbox_id"),
        Index("uq_import_undoings_open", "inbox_id", unique=True, postgresql_where=IS_OPEN),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("undo"))
    inbox_id: Mapped[str] = mapped_column(ForeignKey("inbox.id"))
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    leads: Mapped[int | None] = mapped_column(Integer, comment="That the import made or changed.")
    gone_through: Mapped[int] = mapped_column(
        Integer, server_default="0", comment="How many of them, so far."
    )
    result: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="Counts, and ids of leads that stay with the reasons."
    )
    error: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


UNDOINGS = Leases(ImportUndoing)


class UploadPart(Base):
    """A part of a file. Files are in the database, so that any background process imports what any
    gateway was sent."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[str] = mapped_column(
        ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(EncryptedBytes("upload_part"))
