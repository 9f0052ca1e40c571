"""Salespeople, what they cover and can do, who owns which lead, and how each was decided."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText

OPEN, ENDED = text("ended_at IS NULL"), text("ended_at IS NOT NULL")
TOUCHED, UNTOUCHED = text("first_touch_at IS NOT NULL"), text(f"{OPEN} AND first_touch_at IS NULL")
TAKEN = text(f"{UNTOUCHED} AND accepted_at IS NOT NULL")


class Team(Base):
    """Salespeople under one lead and one manager, who are salespeople's rows themselves."""

    __tablename__ = "teams"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("team"))
    name: Mapped[str] = mapped_column(Text, unique=True)
    lead_rep_id: Mapped[str | None] = mapped_column(
        ForeignKey("reps.id", use_alter=True, name="fk_teams_lead_rep_id_reps")
    )
    manager_rep_id: Mapped[str | None] = mapped_column(
        ForeignKey("reps.id", use_alter=True, name="fk_teams_manager_rep_id_reps")
    )


class Rep(Base):
    """A salesperson. ``capacity`` is the most leads in work at once; only the fallback owner, of
    whom there is one, may have none. A manager who takes no leads has capacity 0."""

    __tablename__ = "reps"
    __table_args__ = (
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("capacity IS NOT NULL OR is_fallback", name="unlimited"),
        CheckConstraint("active OR NOT is_fallback", name="fallback_active"),
        CheckConstraint("weight > 0", name="weight"),
        CheckConstraint("ramp_share > 0 AND ramp_share <= 1", name="ramp_share"),
        Index("uq_reps_fallback", "is_fallback", unique=True, postgresql_where="is_fallback"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("rep"))
    external_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(EncryptedText("rep_name"))
    email: Mapped[str | None] = mapped_column(EncryptedText("rep_email"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id"))
    capacity: Mapped[int | None] = mapped_column(Integer)
    weight: Mapped[float] = mapped_column(
        Double, server_default="1", comment="Share of round robin against the others."
    )
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    time_zone: Mapped[str] = mapped_column(Text, server_default="UTC")
    working_hours: Mapped[dict[str, list[str]]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment='{"mon": ["09:00-17:00"]}; empty: always.'
    )
    ramp_share: Mapped[float] = mapped_column(
        Double, server_default="1", comment="Share of capacity and turns until ramp_until."
    )
    ramp_until: Mapped[date | None] = mapped_column(Date)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    is_fallback: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class RepAbsence(Base):
    """Days off, both included, in the salesperson's own time zone."""

    __tablename__ = "rep_absences"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days"),)

    rep_id: Mapped[str] = mapped_column(ForeignKey("reps.id", ondelete="CASCADE"), primary_key=True)
    first_day: Mapped[date] = mapped_column(Date, primary_key=True)
    last_day: Mapped[date] = mapped_column(Date)


class RepLoad(Base):
    """Leads in work and leads ever received, counted by a trigger on assignments, which refuses one
    beyond the capacity."""

    __tablename__ = "rep_loads"
    __table_args__ = (CheckConstraint("open_leads >= 0", name="open_leads"),)

    rep_id: Mapped[str] = mapped_column(ForeignKey("reps.id", ondelete="CASCADE"), primary_key=True)
    open_leads: Mapped[int] = mapped_column(Integer, server_default="0")
    received: Mapped[int] = mapped_column(BigInteger, server_default="0")


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
    """A part of the market within its parent's. An empty condition admits everything; an overlay
    adds its salespeople to those of the territory that wins."""

    __tablename__ = "territories"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("terr"))
    name: Mapped[str] = mapped_column(Text, unique=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("territories.id"))
    overlay: Mapped[bool] = mapped_column(server_default=text("false"))
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    postal_ranges: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="10000-19999"
    )
    industries: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    smallest_company: Mapped[int | None] = mapped_column(Integer)
    largest_company: Mapped[int | None] = mapped_column(Integer)
    accounts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))


rep_territories = Table(
    "rep_territories",
    Base.metadata,
    Column("rep_id", ForeignKey("reps.id", ondelete="CASCADE"), primary_key=True),
    Column("territory_id", ForeignKey("territories.id", ondelete="CASCADE"), primary_key=True),
)


class AssignmentBatch(Base):
    """What decisions share: the versions they go by, and the salespeople in order. A sweep has one
    of its own; the requests between two changes of team or rules share one."""

    __tablename__ = "assignment_batches"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("batch"))
    source: Mapped[str] = mapped_column(Text, comment="sweep, request, escalation, …")
    decided_at: Mapped[datetime] = mapped_column(Moment)
    team_version: Mapped[int] = mapped_column(Integer)
    rules_version: Mapped[int | None] = mapped_column(Integer, comment="Empty: the built-in rule.")
    rep_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    parts: Mapped[dict[str, list[str]]] = mapped_column(
        JSONB, comment="Names of a candidate's parts, by strategy."
    )
    strategy_why: Mapped[str | None] = mapped_column(
        Text, comment="Why this strategy where no rule and nobody named one."
    )


class AssignmentDecision(Base):
    """How one lead was decided: what excluded each salesperson of the batch, and the totals and
    parts of those whom nothing excluded, in the batch's order. ``rep_id`` is empty where nobody
    could have the lead. ``routing/decision_trace.py`` reads and writes the numbers."""

    __tablename__ = "assignment_decisions"
    __table_args__ = (
        Index("ix_assignment_decisions_lead_id", "lead_id", "decided_at"),
        # For the decisions of a day: rows lie in the order of their moments, and this is tiny.
        Index("ix_assignment_decisions_decided_at", "decided_at", postgresql_using="brin"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("decision"))
    batch_id: Mapped[str] = mapped_column(Text)
    lead_id: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(Moment)
    rule_id: Mapped[str | None] = mapped_column(Text)
    strategy: Mapped[str] = mapped_column(Text)
    rep_id: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, comment="Why this one, in one sentence.")
    masks: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), comment="What excluded each salesperson of the batch, as bits."
    )
    totals: Mapped[list[float]] = mapped_column(ARRAY(REAL), comment="One a candidate.")
    parts: Mapped[list[float]] = mapped_column(
        ARRAY(REAL), comment="What the totals are made of, candidate by candidate."
    )
    free: Mapped[list[float]] = mapped_column(
        ARRAY(REAL), comment="The share of each candidate's capacity that was free."
    )


class Assignment(Base):
    """One lead in one salesperson's hands; at most one is active for a lead at any time."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index("uq_assignments_active", "lead_id", unique=True, postgresql_where=OPEN),
        Index(
            "ix_assignments_load", "rep_id", postgresql_where=OPEN, postgresql_include=["lead_id"]
        ),
        Index("ix_assignments_due", "next_step_at", postgresql_where=UNTOUCHED),
        Index(
            "ix_assignments_overdue",
            "due_at",
            postgresql_include=["rep_id"],
            postgresql_where=UNTOUCHED,
        ),
        Index("ix_assignments_taken", "rep_id", postgresql_where=TAKEN),
        Index("ix_assignments_lead_id", "lead_id", "assigned_at"),
        Index("ix_assignments_assigned_at", "assigned_at"),
        Index("ix_assignments_touched", "rep_id", "first_touch_at", postgresql_where=TOUCHED),
        Index("ix_assignments_ended", "rep_id", "ended_at", postgresql_where=ENDED),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("assign"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    rep_id: Mapped[str] = mapped_column(ForeignKey("reps.id", ondelete="RESTRICT"))
    strategy: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, comment="Why this one, in one sentence.")
    said: Mapped[str | None] = mapped_column(EncryptedText("assignment_said"))
    decision_id: Mapped[str | None] = mapped_column(Text, comment="Empty: a person decided.")
    rule_id: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(
        Text, comment="sweep, request, person, escalation, offer, import"
    )
    assigned_by: Mapped[str] = mapped_column(Text)
    level: Mapped[str | None] = mapped_column(Text, comment="At the assignment, like the next two.")
    probability: Mapped[float | None] = mapped_column(Double)
    segment: Mapped[str] = mapped_column(Text, server_default="")
    assigned_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    first_touch_at: Mapped[datetime | None] = mapped_column(Moment)
    sla_minutes: Mapped[float | None] = mapped_column(
        Double, comment="Working minutes to the first touch; empty: no bound."
    )
    clock_starts_at: Mapped[datetime | None] = mapped_column(
        Moment,
        comment="From when the time to the first touch counts: later where others come first.",
    )
    due_at: Mapped[datetime | None] = mapped_column(Moment, comment="First touch due, by the SLA.")
    next_step_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="When a reminder or an escalation is due."
    )
    escalation_step: Mapped[int] = mapped_column(
        Integer,
        server_default="0",
        comment="Twice the place in the chain, 0 to 4; one more once reminded.",
    )
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    end_reason: Mapped[str | None] = mapped_column(
        Text, comment="converted, lost, declined, reassigned, returned, escalated, absent, left"
    )

    @property
    def why(self) -> str:
        """What the person said who decided, else how it was worked out."""
        return self.said or self.reason


class AssignmentStep(Base):
    """What happened to a lead's assignment, one row a step; only ever added."""

    __tablename__ = "assignment_steps"
    __table_args__ = (Index("ix_assignment_steps_lead_id", "lead_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    assignment_id: Mapped[str] = mapped_column(
        ForeignKey("assignments.id", ondelete="CASCADE"), index=True
    )
    lead_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(
        Text,
        comment="accepted, declined, touched, reminded, escalated, offered, taken, reassigned, …",
    )
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(EncryptedText("assignment_step_reason"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
