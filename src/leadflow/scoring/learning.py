"""Learning from outcomes: a challenger in MLflow, and the question whether it may serve."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from leadflow.approvals.service import Proposal
from leadflow.audit import service as audit
from leadflow.database.cluster import locate
from leadflow.scoring.frames import TrainingSet, read_training_set
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.registry import Registry
    from models.scores import Scorer
    from models.training import Training

PROMOTE = "promote_model"


class ChallengerChanged(RuntimeError):
    """The registered model is not the one that was approved, so it is not promoted."""


@dataclass(frozen=True)
class Learned:
    """A challenger: its version in MLflow and what a person needs to judge it."""

    version: str
    run_id: str
    sha256: str
    report: str
    plots: dict[str, bytes]


def registry(settings: Settings) -> "Registry":
    """The model registry of this installation; it talks to MLflow's database directly."""
    from models.registry import Registry

    return Registry(
        tracking_uri=locate(settings).mlflow.render_as_string(hide_password=False),
        artifact_root=str(settings.home / "mlartifacts"),
        model_name=settings.model_name,
    )


def serving_scorer(settings: Settings) -> "Scorer":
    """What scores leads now: the champion, or the rubric where no model has been promoted."""
    from models.rubric import Rubric

    models = registry(settings)
    champion = models.champion()
    scorer: Scorer = Rubric.load() if champion is None else models.load(champion)
    _warm(scorer)
    return scorer


def _warm(scorer: "Scorer") -> None:
    """Score a lead of whom nothing is known, so that the first real one does not wait for what a
    model loads when it is first used."""
    import pandas as pd

    scorer.score(pd.DataFrame({feature.name: [None] for feature in scorer.features}))


def champion_version(settings: Settings) -> str | None:
    """The version that should serve, or None for the rubric."""
    return registry(settings).alias_version("champion")


def horizon(settings: Settings) -> timedelta:
    """Within what time a lead counts as converted."""
    return timedelta(days=settings.horizon_days)


def learn(data: TrainingSet, settings: Settings, seed: int = 0) -> "Training":
    """Compare candidates on later data, calibrate the best, judge it beside the rubric.

    Raises:
        NotEnoughOutcomes: fewer converted, or fewer other, leads than ``minimum_outcomes``.
    """
    from models.rubric import Rubric
    from models.training import train

    return train(
        data.frame,
        data.converted,
        data.moments,
        data.features,
        seed=seed,
        minimum_outcomes=settings.minimum_outcomes,
        rubric=Rubric.load(),
    )


def register(training: "Training", settings: Settings, now: datetime) -> Learned:
    """Log a training with its plots to MLflow and register the model as challenger."""
    from models.rubric import Rubric
    from models.training_report import write_plots, write_report

    with TemporaryDirectory() as folder:
        plots = Path(folder)
        write_plots(training, plots)
        report = write_report(training, settings.horizon_days)
        version = registry(settings).log(
            training,
            plots,
            {"horizon_days": settings.horizon_days, "learned_at": now.isoformat()},
            Rubric.load(),
        )
        images = {path.stem: path.read_bytes() for path in sorted(plots.glob("*.png"))}
    return Learned(version.version, version.run_id, version.sha256, report, images)


def learn_challenger(session: Session, settings: Settings, now: datetime) -> Learned:
    """Read the training set, learn, register, and audit it.

    Raises:
        NotEnoughOutcomes: too few outcomes to learn from; the rubric scores meanwhile.
    """
    training = learn(read_training_set(session, now, horizon(settings)), settings)
    learned = register(training, settings, now)
    audit.record(
        session,
        "train_model",
        "model.challenger_registered",
        f"{settings.model_name}/{learned.version}",
        {"sha256": learned.sha256, "run_id": learned.run_id},
    )
    return learned


def promotion(learned: Learned, settings: Settings) -> Proposal:
    """The question whether this challenger becomes the champion."""
    return Proposal(
        kind="model_promotion",
        subject_id=f"{settings.model_name}/{learned.version}",
        act=PROMOTE,
        payload={"version": learned.version, "sha256": learned.sha256},
        description=learned.report,
        requested_by="train_model",
    )


def promote(settings: Settings, payload: dict[str, Any]) -> dict[str, Any]:
    """Make the approved version the champion: the outbox act ``promote_model``.

    Raises:
        ChallengerChanged: the registered files are not those that were approved.
    """
    models = registry(settings)
    version = models.version(payload["version"])
    if version.sha256 != payload["sha256"]:
        raise ChallengerChanged(
            f"Version {version.version} is not what was approved; train and propose it again."
        )
    models.promote(version)
    return {"champion": version.version}
