"""Tables of serving: which model or rubric served when, and the challenger's shadow scores."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker


class ServingModel(Base):
    """A version that served from ``since`` until ``until``, or still does.

    ``sha256`` is that of its files as they were approved. Where no row holds a moment, the rubric
    served.
    """

    __tablename__ = "serving_models"
    __table_args__ = (
        CheckConstraint("regime IN ('blend', 'model')", name="regime"),
        CheckConstraint("how IN ('approved', 'rolled_back')", name="how"),
        CheckConstraint("until >= since", name="until"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        Index(
            "uq_serving_models_now",
            "model_name",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "uq_serving_models_approval_id",
            "approval_id",
            unique=True,
            postgresql_where=text("how = 'approved'"),
        ),
        Index("ix_serving_models_since", "model_name", "since"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("served"))
    model_name: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    regime: Mapped[str] = mapped_column(Text)
    approval_id: Mapped[str] = mapped_column(
        ForeignKey("approvals.id"), comment="The decision that let this version serve."
    )
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)
    how: Mapped[str] = mapped_column(Text)


class RubricUsed(Base):
    """A rubric that was in use from ``since`` on, until the next row's: its file as it was."""

    __tablename__ = "rubrics"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Moment)


class ShadowScore(Base):
    """One score of one lead by a model that does not serve. Shown to nobody, acted on by nothing.

    Beside a row of ``lead_scores`` with the same lead and moment.
    """

    __tablename__ = "shadow_scores"
    __table_args__ = (
        Index("ix_shadow_scores_model_version_as_of", "model_version", "as_of"),
        CheckConstraint("total_score BETWEEN 0 AND 100", name="total_score"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("level IN ('hot', 'warm', 'cold', 'unqualified')", name="level"),
    )

    lead_id: Mapped[str] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True
    )
    as_of: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    model_version: Mapped[str] = mapped_column(Text, primary_key=True)
    points: Mapped[float] = mapped_column(Double, comment="50 + the contributions, not clipped.")
    total_score: Mapped[float] = mapped_column(Double)
    probability: Mapped[float] = mapped_column(Double)
    level: Mapped[str] = mapped_column(Text)
