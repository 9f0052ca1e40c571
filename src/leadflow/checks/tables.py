"""What checks of the stored data found."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker


class DataCheck(Base):
    """A suite of expectations held against rows that came since a moment (empty: of any time).

    ``failed``: what did not hold, critical first: ``says``, ``severity``, ``words`` and ids of some
    rows in ``examples``; never a value. ``stops``: some of it is critical, so that nothing is
    learned and nothing promoted, until a newer check of this suite finds otherwise or a person
    accepts this one.
    """

    __tablename__ = "data_checks"
    __table_args__ = (
        CheckConstraint("rows >= 0", name="rows"),
        CheckConstraint("held = (jsonb_array_length(failed) = 0)", name="held"),
        CheckConstraint("NOT (held AND stops)", name="stops"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by IS NULL)", name="accepted"),
        Index("ix_data_checks_suite_checked_at", "suite", "checked_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("check"))
    suite: Mapped[str] = mapped_column(Text)
    checked_at: Mapped[datetime] = mapped_column(Moment)
    since: Mapped[datetime | None] = mapped_column(Moment)
    rows: Mapped[int] = mapped_column(BigInteger)
    expectations: Mapped[int] = mapped_column(BigInteger, comment="How many there were.")
    held: Mapped[bool] = mapped_column()
    stops: Mapped[bool] = mapped_column()
    failed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    docs: Mapped[str | None] = mapped_column(Text, comment="The folder of its Data Docs.")
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    accepted_by: Mapped[str | None] = mapped_column(Text)
