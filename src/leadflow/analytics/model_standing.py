"""How the model that scores stands: since when, what the last check found, what comes after it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.scoring.learning.standing import waiting_promotion
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.scoring.learning.trainings import last_training
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.serving.serving_record import serving_now
from leadflow.scoring.serving.tables import ServingModel
from leadflow.settings import Settings


@dataclass(frozen=True)
class ModelStanding:
    """``serving`` is None while the experts' rules score; ``moved``: what the last check found to
    have moved too far; ``gate``: the question about a challenger that waits for people."""

    serving: ServingModel | None
    check: ModelCheck | None
    moved: list[str]
    training: TrainingRun | None
    gate: Approval | None

    @property
    def words(self) -> str:
        """The finding in a few words."""
        if self.gate is not None:
            return "A challenger waits for a decision"
        if self.check is not None and self.check.reasons:
            return "It is time to train anew"
        if self.moved:
            return "Leads have moved; there is no more to learn from yet"
        return "Nothing is to be done"


def model_standing(session: Session, settings: Settings) -> ModelStanding:
    """How it stands now."""
    newest = select(ModelCheck).order_by(ModelCheck.checked_at.desc()).limit(1)
    check: ModelCheck | None = session.scalars(newest).first()
    return ModelStanding(
        serving_now(session, settings.model_name),
        check,
        [] if check is None else [str(one) for one in check.findings.get("moved") or []],
        last_training(session, settings),
        waiting_promotion(session, settings),
    )
