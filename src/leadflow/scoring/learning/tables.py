"""The trainings there were."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from leadflow.database.base import Base, Moment
from leadflow.database.ids import id_maker

ENDS = ("asked", "kept", "nothing_to_decide", "cannot_learn")


class TrainingRun(Base):
    """One training: what there was to learn from as it began, and how it ended. ``asked``: people
    were asked about its challenger; ``kept``: it scores in the shadow until more can be told."""

    __tablename__ = "trainings"
    __table_args__ = (
        CheckConstraint(
            "ended_as IN ('asked', 'kept', 'nothing_to_decide', 'cannot_learn')", name="ended_as"
        ),
        Index("ix_trainings_model_name_began_at", "model_name", "began_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=id_maker("training"))
    model_name: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(
        Moment, comment="It learned from what was known at this moment."
    )
    leads: Mapped[int] = mapped_column(Integer, comment="Leads past their horizon at this moment.")
    ended_as: Mapped[str] = mapped_column(Text)
    version: Mapped[str | None] = mapped_column(Text, comment="Of its challenger, if it made one.")
    mlflow_run: Mapped[str | None] = mapped_column(Text, comment="Of its challenger.")
    flow_run: Mapped[str | None] = mapped_column(Text, comment="In Prefect, if it was one.")
