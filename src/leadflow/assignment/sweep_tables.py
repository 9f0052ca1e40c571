"""Tables that one sweep leaves for the next: unroutable leads, and the turns of round robin."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment


class UnroutableLead(Base):
    """A lead that should have a salesperson and that nobody can take; gone when somebody does."""

    __tablename__ = "unroutable_leads"

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime] = mapped_column(Moment)
    last_tried_at: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(Text)
    decision_id: Mapped[str] = mapped_column(Text)
    alarmed_at: Mapped[datetime | None] = mapped_column(Moment)


class AssignmentTurns(Base):
    """Round robin's accounts for one pool of salespeople: what each is owed, by id."""

    __tablename__ = "assignment_turns"

    pool: Mapped[str] = mapped_column(Text, primary_key=True)
    owed: Mapped[dict[str, float]] = mapped_column(JSONB)
