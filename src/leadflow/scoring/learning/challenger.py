"""Learning from outcomes: a challenger in MLflow, and the question whether it may serve."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.approvals.service import Proposal
from leadflow.audit import service as audit
from leadflow.scoring.learning.challenger_report import judge, serving_opponent
from leadflow.scoring.learning.leak_check import known_late
from leadflow.scoring.learning.promotion import PROMOTE
from leadflow.scoring.serving.champion import champion_version, registry, serving_scorer
from leadflow.scoring.serving.feature_frames import TrainingSet, read_training_set
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.training import Training

__all__ = [
    "Learned",
    "champion_version",
    "horizon",
    "learn",
    "learn_challenger",
    "promotion",
    "register",
    "registry",
    "serving_scorer",
]


@dataclass(frozen=True)
class Learned:
    """A challenger: its version in MLflow and what a person needs to judge it.

    ``report`` is what the gate shows: the proposal first. ``leaks`` names the features that may
    know the outcome; who approves must accept each.
    """

    version: str
    run_id: str
    sha256: str
    report: str
    plots: dict[str, bytes]
    leaks: tuple[str, ...] = ()


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
    """Log a training with its plots to MLflow, register the model as challenger, and compare it
    with what serves."""
    from models.gate_report import write_gate_report
    from models.rubric import Rubric
    from models.training_report import write_plots, write_report

    models = registry(settings)
    evidence = judge(training, serving_opponent(settings), settings)
    report = write_gate_report(evidence, write_report(training, settings.horizon_days))
    with TemporaryDirectory() as folder:
        plots = Path(folder)
        write_plots(training, plots)
        version = models.log(
            training,
            plots,
            {"horizon_days": settings.horizon_days, "learned_at": now.isoformat()},
            Rubric.load(),
        )
        images = {path.stem: path.read_bytes() for path in sorted(plots.glob("*.png"))}
    models.add_page(version, "gate.md", report)
    leaks = tuple(leak.feature for leak in training.leaks)
    return Learned(version.version, version.run_id, version.sha256, report, images, leaks)


def learn_challenger(session: Session, settings: Settings, now: datetime) -> Learned:
    """Read the training set, learn, look for leaks, register, and audit it.

    Raises:
        NotEnoughOutcomes: too few outcomes to learn from; the rubric scores meanwhile.
    """
    from models.leaks import named_once

    training = learn(read_training_set(session, now, horizon(settings)), settings)
    late = known_late(session, training.scorecard.features)
    training = replace(training, leaks=named_once([*training.leaks, *late]))
    learned = register(training, settings, now)
    audit.record(
        session,
        "train_model",
        "model.challenger_registered",
        f"{settings.model_name}/{learned.version}",
        {"sha256": learned.sha256, "run_id": learned.run_id, "leaks": list(learned.leaks)},
    )
    return learned


def promotion(learned: Learned, settings: Settings, requested_by: str = "train_model") -> Proposal:
    """The question whether this challenger becomes the champion."""
    return Proposal(
        kind="model_promotion",
        subject_id=f"{settings.model_name}/{learned.version}",
        act=PROMOTE,
        payload={
            "version": learned.version,
            "sha256": learned.sha256,
            "must_acknowledge": list(learned.leaks),
        },
        description=learned.report,
        requested_by=requested_by,
    )
