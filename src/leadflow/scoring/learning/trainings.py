"""The trainings there were: when each began, what it could learn from, how it ended."""

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.scoring.learning.challenger import horizon
from leadflow.scoring.learning.learnable import learnable
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.settings import Settings

End = Literal["asked", "kept", "nothing_to_decide", "cannot_learn"]


def keep_training(
    session: Session,
    settings: Settings,
    began_at: datetime,
    ended_as: End,
    version: str | None,
    mlflow_run: str | None = None,
    flow_run: str | None = None,
) -> TrainingRun:
    """Remember a training of this model that learned from what was known at ``began_at``; and by
    which runs of MLflow and Prefect it can be looked at."""
    run = TrainingRun(
        model_name=settings.model_name,
        began_at=began_at,
        leads=learnable(session, began_at, horizon(settings))[0],
        ended_as=ended_as,
        version=version,
        mlflow_run=mlflow_run,
        flow_run=flow_run,
    )
    session.add(run)
    session.flush()
    return run


def last_training(session: Session, settings: Settings) -> TrainingRun | None:
    """The newest of this model; None where there was none yet."""
    return session.scalars(
        select(TrainingRun)
        .where(TrainingRun.model_name == settings.model_name)
        .order_by(TrainingRun.began_at.desc())
        .limit(1)
    ).first()
