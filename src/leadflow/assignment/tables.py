"""Salespeople, what they cover and can do, and who owns which lead."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText


class Rep(Base):
    """A salesperson. ``capacity`` is the most leads in work at once."""

    __tablename__ = "reps"
    __table_args__ = (
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("weight > 0", name="weight"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("rep"))
    external_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("rep_name"))
    email: Mapped[str | None] = mapped_column(EncryptedText("rep_email"))
    team: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[int] = mapped_column(Integer)
    weight: Mapped[float] = mapped_column(
        Double, server_default="1", comment="Share of round robin against the others."
    )
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Skill(Base):
    """Something a lead may ask for and a salesperson may know."""

    __tablename__ = "skills"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("skill"))
    name: Mapped[str] = mapped_column(Text, unique=True)


class RepSkill(Base):
    """How well a salesperson knows a skill: 1 (beginner) to 5 (expert)."""

    __tablename__ = "rep_skills"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"),)

    rep_id: Mapped[str] = mapped_column(ForeignKey("reps.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[str] = mapped_column(
        ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True
    )
    level: Mapped[int] = mapped_column(Integer)


class Territory(Base):
    """A part of the market. An empty condition admits everything."""

    __tablename__ = "territories"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("terr"))
    name: Mapped[str] = mapped_column(Text, unique=True)
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    industries: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    smallest_company: Mapped[int | None] = mapped_column(Integer)
    largest_company: Mapped[int | None] = mapped_column(Integer)


rep_territories = Table(
    "rep_territories",
    Base.metadata,
    Column("rep_id", ForeignKey("reps.id", ondelete="CASCADE"), primary_key=True),
    Column("territory_id", ForeignKey("territories.id", ondelete="CASCADE"), primary_key=True),
)


class Assignment(Base):
    """One lead in one salesperson's hands; at most one is active for a lead at any time."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_active",
            "lead_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_assignments_load", "rep_id", postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("assign"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    rep_id: Mapped[str] = mapped_column(ForeignKey("reps.id", ondelete="RESTRICT"))
    strategy: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, comment="Why this one, in one sentence.")
    trace: Mapped[dict[str, Any]] = mapped_column(JSONB)
    assigned_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_reason: Mapped[str | None] = mapped_column(Text)
