"""Approvals: what exactly people are asked to decide, under which policy, and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText


class PolicyVersion(Base):
    """A version of the policies; the newest counts, the shipped ones while there is none."""

    __tablename__ = "policy_versions"

    version: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(EncryptedText("policy_note"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Approval(Base):
    """One decision people are asked for. ``content_hash`` fixes what is decided; ``levels`` are
    those of the policy at that moment, ``level`` counts those passed, ``roles_now`` may decide at
    this one. ``requested_by`` is in whose name it is asked, ``asked_by`` who did."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting', 'approved', 'rejected', 'expired', 'void')", name="status"
        ),
        CheckConstraint("decided_by NOT IN (requested_by, asked_by)", name="four_eyes"),
        CheckConstraint(
            "(status IN ('approved', 'rejected')) = (decided_by IS NOT NULL)", name="decided"
        ),
        CheckConstraint("carried_out_at IS NULL OR status = 'approved'", name="carried_out"),
        CheckConstraint("at_end IN ('reject', 'approve_by_silence')", name="at_end"),
        Index(
            "uq_approvals_waiting",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_approvals_due_at", "due_at", postgresql_where=text("status = 'waiting'")),
        Index("ix_approvals_requested_at", "requested_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("appr"))
    kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text, comment="Outbox act that carries an approval out.")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    description: Mapped[str] = mapped_column(Text, comment="What is asked and why, in Markdown.")
    evidence: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="Its verdict, figures and charts as it was asked."
    )
    asked_why: Mapped[str | None] = mapped_column(
        EncryptedText("approval_asked_why"),
        comment="In the words of who asks; not shown in Prefect, which would keep them.",
    )
    status: Mapped[str] = mapped_column(Text, default="waiting")
    requested_by: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    policy: Mapped[str] = mapped_column(Text)
    policy_version: Mapped[int | None] = mapped_column(Integer, comment="Empty: the shipped ones.")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="What the policy went by.")
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    level: Mapped[int] = mapped_column(Integer, server_default="0")
    roles_now: Mapped[list[str]] = mapped_column(ARRAY(Text))
    hours: Mapped[float] = mapped_column(Double, comment="Working hours for each level.")
    remind_at: Mapped[datetime | None] = mapped_column(Moment, comment="Empty: has been.")
    due_at: Mapped[datetime] = mapped_column(Moment)
    escalate_to: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Roles not asked yet.")
    at_end: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str | None] = mapped_column(EncryptedText("approval_reason"))
    flow_run_id: Mapped[str | None] = mapped_column(Text)
    carried_out_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def headline(self) -> str:
        """What is asked, in one line: by ids and figures, like the whole description."""
        return self.description.partition("\n")[0].lstrip("# ").strip()

    @property
    def asks(self) -> str:
        """The question by name and its verdict, of a thing that has a name; else the headline."""
        kept = self.evidence or {}
        if kept.get("about") and kept.get("asks"):
            return f"{kept['asks']} {kept['verdict']}".strip()
        return self.headline

    @property
    def about(self) -> str:
        """What its subject is called where that is no person; else its id, which whoever shows it
        puts the name in for."""
        return (self.evidence or {}).get("about") or self.subject_id

    @property
    def lead_id(self) -> str | None:
        """The lead that it is about; None where it is about something else."""
        return self.subject_id if self.subject_id.startswith("lead_") else None


class ApprovalVote(Base):
    """What one person decided, for themselves or for whom they stood in (``counts_for``)."""

    __tablename__ = "approval_votes"
    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'reject')", name="decision"),
        CheckConstraint("door IN ('api', 'page', 'prefect', 'terminal')", name="door"),
        Index("uq_approval_votes_counts_for", "approval_id", "counts_for", unique=True),
    )

    approval_id: Mapped[str] = mapped_column(
        ForeignKey("approvals.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(Text, primary_key=True)
    counts_for: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(Integer)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(EncryptedText("vote_reason"))
    door: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class ApprovalStep(Base):
    """Something that happened to an approval: asked, reminded, escalated, refused, decided …"""

    __tablename__ = "approval_steps"
    __table_args__ = (Index("ix_approval_steps_approval_id", "approval_id"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class ApprovalCode(Base):
    """A one-time code of one person for one approval, stored only as a keyed hash."""

    __tablename__ = "approval_codes"
    __table_args__ = (Index("ix_approval_codes_approval_id_person_id", "approval_id", "person_id"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("code"))
    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    used_at: Mapped[datetime | None] = mapped_column(Moment)
