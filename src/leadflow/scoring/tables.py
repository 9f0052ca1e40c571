"""Scores as they were given: append-only but for the mark of the current one."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from leadflow.accounts.tables import Person
from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker
from leadflow.privacy.columns import EncryptedText


class ScorecardUsed(Base):
    """A scorer that has given scores: what the places in a score's contributions stand for."""

    __tablename__ = "scorecards"

    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="A hash of all the rest."
    )
    regime: Mapped[str] = mapped_column(Text)
    model_version: Mapped[str] = mapped_column(Text)
    features: Mapped[list[str]] = mapped_column(ARRAY(Text))
    first_used_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class LeadScore(Base):
    """One score of one lead as of a moment. Points: 50 = the average lead, +10 = odds doubled.

    Rows are only ever added, a million at a time: places and numbers instead of names, and no
    foreign key to be checked row by row (a trigger on leads takes a lead's scores along with it).
    """

    __tablename__ = "lead_scores"
    __table_args__ = (
        Index(
            "uq_lead_scores_current", "lead_id", unique=True, postgresql_where=text("is_current")
        ),
        Index(
            "ix_lead_scores_ranking", "total_score", "lead_id", postgresql_where=text("is_current")
        ),
        Index(
            "ix_lead_scores_level",
            "level",
            "total_score",
            "lead_id",
            postgresql_where=text("is_current"),
        ),
        # For the scores of a day: rows lie about in the order of their moments, and this is tiny.
        Index("ix_lead_scores_as_of", "as_of", postgresql_using="brin"),
        CheckConstraint("total_score BETWEEN 0 AND 100", name="total_score"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("level IN ('hot', 'warm', 'cold', 'unqualified')", name="level"),
        CheckConstraint("regime IN ('rubric', 'blend', 'model')", name="regime"),
    )

    lead_id: Mapped[str] = mapped_column(Text, primary_key=True)
    as_of: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    scorecard_id: Mapped[int] = mapped_column(BigInteger)
    total_score: Mapped[float] = mapped_column(Double)
    points: Mapped[float] = mapped_column(Double, comment="50 + the contributions, not clipped.")
    probability: Mapped[float] = mapped_column(Double)
    probability_low: Mapped[float] = mapped_column(Double)
    probability_high: Mapped[float] = mapped_column(Double)
    demographic: Mapped[float] = mapped_column(Double)
    behavioural: Mapped[float] = mapped_column(Double)
    engagement: Mapped[float] = mapped_column(Double)
    fit: Mapped[float] = mapped_column(Double)
    ai: Mapped[float] = mapped_column(Double)
    confidence: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    regime: Mapped[str] = mapped_column(Text)
    model_version: Mapped[str] = mapped_column(Text)
    contribution_points: Mapped[list[float]] = mapped_column(
        "contributions", ARRAY(Double), comment="In the order of the scorecard's features."
    )
    reason_places: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), comment="Places in contributions, from 0: strongest for, then against."
    )
    reason_texts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_current: Mapped[bool] = mapped_column(server_default=text("true"))
    scored_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())

    scorecard: Mapped[ScorecardUsed] = relationship(
        primaryjoin="foreign(LeadScore.scorecard_id) == ScorecardUsed.id",
        lazy="joined",
        viewonly=True,
    )

    @property
    def contributions(self) -> dict[str, float]:
        """Points by feature; 50 and these add up to ``points``."""
        return dict(zip(self.scorecard.features, self.contribution_points, strict=True))

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """``feature``, ``text`` and ``points`` of each reason, the strongest for it first."""
        names, points = self.scorecard.features, self.contribution_points
        return [
            {"feature": names[place], "text": text, "points": round(points[place], 1)}
            for place, text in zip(self.reason_places, self.reason_texts, strict=True)
        ]


class ScoringRun(Base):
    """One scoring of many leads as of one moment, in partitions that end one by one."""

    __tablename__ = "scoring_runs"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("run"))
    as_of: Mapped[datetime] = mapped_column(Moment)
    scorecard_id: Mapped[int] = mapped_column(BigInteger)
    everything: Mapped[bool] = mapped_column(comment="Leads without news are scored too.")
    started_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class ScoringPartition(Base):
    """The leads of a run after one id up to another; done in one transaction, or not at all."""

    __tablename__ = "scoring_partitions"

    run_id: Mapped[str] = mapped_column(
        ForeignKey("scoring_runs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    after_id: Mapped[str] = mapped_column(Text)
    to_id: Mapped[str | None] = mapped_column(Text, comment="Empty: to the end.")
    leads: Mapped[int | None] = mapped_column(Integer, comment="Empty: not done yet.")


class ScoreOverride(Base):
    """A person's score beside the model's, with the reason, until ``expires_at``.

    ``model_*`` is what the model said at that moment. ``in_force_from`` is empty while (or where)
    no manager has agreed to it. It counts while it is ``active`` and has not expired; the mark
    ``expired`` follows later.
    """

    __tablename__ = "score_overrides"
    __table_args__ = (
        Index(
            "uq_score_overrides_active",
            "lead_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "uq_score_overrides_waiting",
            "lead_id",
            unique=True,
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_score_overrides_ranking",
            "new_score",
            "lead_id",
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_score_overrides_lead_id_created_at", "lead_id", "created_at"),
        CheckConstraint("new_score BETWEEN 0 AND 100", name="new_score"),
        CheckConstraint("level IN ('hot', 'warm', 'cold', 'unqualified')", name="level"),
        CheckConstraint(
            "status IN ('active', 'waiting', 'rejected', 'expired', 'withdrawn', 'replaced')",
            name="status",
        ),
        CheckConstraint("(status IN ('active', 'waiting')) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("status <> 'active' OR in_force_from IS NOT NULL", name="in_force"),
        CheckConstraint("expires_at > created_at", name="expires"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("override"))
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    new_score: Mapped[float] = mapped_column(Double)
    level: Mapped[str] = mapped_column(Text)
    model_score: Mapped[float] = mapped_column(Double)
    model_points: Mapped[float] = mapped_column(Double, comment="The model's score, not clipped.")
    model_probability: Mapped[float] = mapped_column(Double)
    model_version: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(EncryptedText("override_reason"))
    override_by: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    in_force_from: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    approval_id: Mapped[str | None] = mapped_column(ForeignKey("approvals.id"))

    person: Mapped[Person | None] = relationship(
        primaryjoin=lambda: foreign(ScoreOverride.override_by) == Person.id, viewonly=True
    )

    @property
    def set_by(self) -> str:
        """What whoever set it is called: a username, or a program's name."""
        if self.person is not None:
            return self.person.username
        return self.override_by.removeprefix("key:")
