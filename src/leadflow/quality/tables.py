"""Samples of automated decisions, people's reviews of them, and what came of the reviews."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText

VERDICT = "verdict IN ('agree', 'disagree')"


class QualitySample(Base):
    """One day's draw of one kind of decision. With ``seed`` the same sample can be drawn again."""

    __tablename__ = "quality_samples"
    __table_args__ = (UniqueConstraint("day", "decision_kind"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("sample"))
    day: Mapped[date] = mapped_column(Date, comment="UTC; the decisions of this day.")
    decision_kind: Mapped[str] = mapped_column(Text)
    seed: Mapped[str] = mapped_column(Text)
    population: Mapped[int] = mapped_column(Integer, comment="Decisions of the day.")
    size: Mapped[int] = mapped_column(Integer, comment="Of these, drawn.")
    drawn_at: Mapped[datetime] = mapped_column(Moment)


class QualityItem(Base):
    """One decision under review.

    ``shown`` is what a reviewer sees: facts as of the decision, nothing of what the machine made of
    them, and nothing that says who the lead is. ``answer`` is what the machine decided.
    """

    __tablename__ = "quality_items"
    __table_args__ = (
        UniqueConstraint("decision_kind", "subject_id"),
        Index("ix_quality_items_sample_id", "sample_id"),
        Index("ix_quality_items_lead_id", "lead_id"),
        Index("ix_quality_items_waiting", "due_at", postgresql_where=text("status = 'waiting'")),
        CheckConstraint(
            "inclusion_probability > 0 AND inclusion_probability <= 1", name="inclusion_probability"
        ),
        CheckConstraint("status IN ('waiting', 'reviewed', 'disputed', 'settled')", name="status"),
        CheckConstraint("settled_verdict IN ('agree', 'disagree')", name="settled_verdict"),
        CheckConstraint(
            "(status = 'settled') = (settled_verdict IS NOT NULL) "
            "AND (settled_verdict IS NULL) = (settled_by IS NULL) "
            "AND (settled_verdict IS NULL) = (settled_at IS NULL)",
            name="settled",
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("review"))
    sample_id: Mapped[str] = mapped_column(ForeignKey("quality_samples.id", ondelete="CASCADE"))
    decision_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text, comment="Which decision; the kind reads it.")
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    decided_at: Mapped[datetime] = mapped_column(Moment)
    stratum: Mapped[str] = mapped_column(Text)
    inclusion_probability: Mapped[float] = mapped_column(
        Double, comment="How likely the draw was to take this one; reports weigh by its inverse."
    )
    second_review: Mapped[bool] = mapped_column(comment="Two people judge it.")
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text, server_default="waiting")
    due_at: Mapped[datetime] = mapped_column(Moment)
    settled_verdict: Mapped[str | None] = mapped_column(Text)
    settled_by: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class QualityReview(Base):
    """What one person judged, and how that compares with the machine; once a person and item."""

    __tablename__ = "quality_reviews"
    __table_args__ = (
        UniqueConstraint("item_id", "reviewer"),
        CheckConstraint(VERDICT, name="verdict"),
        CheckConstraint("severity IN ('none', 'minor', 'major', 'critical')", name="severity"),
        CheckConstraint("(verdict = 'agree') = (severity = 'none')", name="severe"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("judged"))
    item_id: Mapped[str] = mapped_column(ForeignKey("quality_items.id", ondelete="CASCADE"))
    reviewer: Mapped[str] = mapped_column(Text)
    judgement: Mapped[dict[str, Any]] = mapped_column(JSONB)
    category: Mapped[str] = mapped_column(
        Text, comment="The judgement in a word, by which two reviewers are compared."
    )
    verdict: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(EncryptedText("review_comment"))
    judged_at: Mapped[datetime] = mapped_column(Moment)


class QualityAction(Base):
    """What somebody does about it: about one kind of decision, perhaps because of one item."""

    __tablename__ = "quality_actions"
    __table_args__ = (
        Index("ix_quality_actions_open", "due_at", postgresql_where=text("status = 'open'")),
        CheckConstraint("status IN ('open', 'done', 'dropped')", name="status"),
        CheckConstraint("(status = 'open') = (done_at IS NULL)", name="done"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("action"))
    decision_kind: Mapped[str] = mapped_column(Text)
    item_id: Mapped[str | None] = mapped_column(
        ForeignKey("quality_items.id", ondelete="SET NULL"), index=True
    )
    what: Mapped[str] = mapped_column(EncryptedText("quality_action"))
    owner: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(Text, server_default="open")
    opened_by: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class QualityFlag(Base):
    """A lead that no model may learn from, from ``flagged_at`` until ``lifted_at``, and why."""

    __tablename__ = "quality_flags"
    __table_args__ = (
        Index(
            "uq_quality_flags_live",
            "lead_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        Index("ix_quality_flags_lead_id", "lead_id"),
        CheckConstraint("lifted_at >= flagged_at", name="lifted"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("flag"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    why: Mapped[str] = mapped_column(
        EncryptedText("quality_flag_why"), comment="For instance: bad data, wrong outcome."
    )
    item_id: Mapped[str | None] = mapped_column(
        ForeignKey("quality_items.id", ondelete="SET NULL"), index=True
    )
    flagged_by: Mapped[str] = mapped_column(Text)
    flagged_at: Mapped[datetime] = mapped_column(Moment)
    lifted_by: Mapped[str | None] = mapped_column(Text)
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
