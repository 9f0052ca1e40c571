"""Logging a training to MLflow: parameters, metrics, pictures, pages, and the scorecard itself."""

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.code_version import code_version
from models.contest import Candidate
from models.model_card import training_segments, write_card
from models.registered_model import log_scorecard
from models.scorecard_files import fingerprint, write_scorecard
from models.scores import Scorer
from models.training import Training
from models.training_record import REFERENCE_FILE
from models.training_report import write_report

LONGEST = 500  # characters of a hyperparameter


def quiet_mlflow() -> Any:
    """MLflow, without what it would say to whoever is at the terminal."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # A model is its own files; the project's lock file is not part of it.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
    os.environ.setdefault("MLFLOW_LOG_UV_FILES", "false")

    import mlflow

    logging.getLogger("mlflow.store.db.utils").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Says so when a statement fails that MLflow itself expects to fail.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    return mlflow


def record(
    mlflow: Any,
    training: Training,
    plots: Path,
    parameters: Mapping[str, Any],
    rubric: Scorer,
    pages: Mapping[str, str],
) -> tuple[Any, str]:
    """Log everything one needs to judge a training to the active run, a run within it for each
    candidate, and its model, which is not registered.

    ``parameters`` must hold ``horizon_days`` and ``learned_at`` (ISO 8601); ``pages`` are further
    texts by file name. Returns what MLflow says of the model, and the SHA-256 of its files.
    """
    code = code_version()
    mlflow.set_tags({"code_version": code.package, "code_commit": code.commit})
    mlflow.set_tag("code_changed", str(code.changed).lower())
    mlflow.log_params({**_parameters(training, rubric), **parameters})
    mlflow.log_metrics(_metrics(training))
    for candidate in training.candidates:
        _log_candidate(mlflow, candidate, training.chosen)
    mlflow.log_artifacts(str(plots), "plots")
    _log_pages(mlflow, training, parameters)
    for name, text in pages.items():
        mlflow.log_text(text, name)
    with TemporaryDirectory() as folder:
        files = Path(folder) / "scorecard"
        write_scorecard(training.scorecard, files)
        return log_scorecard(mlflow, training.scorecard, files), fingerprint(files)


def run_name(parameters: Mapping[str, Any]) -> str:
    """What the run of a training is called: when it learned."""
    learned_at = datetime.fromisoformat(str(parameters["learned_at"])).astimezone(UTC)
    return f"{learned_at:%Y-%m-%d %H:%M} UTC"


def _log_candidate(mlflow: Any, candidate: Candidate, chosen: str) -> None:
    """A run within the training's: hyperparameters, metrics by block, how long it learned."""
    within = mlflow.active_run().info.experiment_id
    with mlflow.start_run(experiment_id=within, run_name=candidate.name, nested=True):
        mlflow.set_tags(
            {
                "chosen": str(candidate.name == chosen).lower(),
                "may_serve": str(not candidate.yardstick).lower(),
                "mlflow.note.content": candidate.yardstick
                and f"A yardstick: {candidate.yardstick}.",
            }
        )
        settings = {name: str(value)[:LONGEST] for name, value in candidate.settings.items()}
        mlflow.log_params(settings)
        for number, block in enumerate(candidate.blocks, start=1):
            measured = {f"block_{name}": value for name, value in block.to_dict().items()}
            mlflow.log_metrics(_numbers(measured), step=number)
        latest = {f"latest_{name}": value for name, value in candidate.latest.to_dict().items()}
        mlflow.log_metrics(
            _numbers({**latest, "log_loss": candidate.log_loss, "auc": candidate.auc})
            | {"fit_seconds": candidate.fit_seconds}
        )


def _numbers(named: Mapping[str, float]) -> dict[str, float]:
    """Those that there are."""
    return {key: value for key, value in named.items() if value == value}


def _log_pages(mlflow: Any, training: Training, parameters: Mapping[str, Any]) -> None:
    horizon = int(parameters["horizon_days"])
    learned_at = datetime.fromisoformat(str(parameters["learned_at"]))
    found = training_segments(training)
    card = write_card(training, horizon, learned_at, code_version(), found)
    mlflow.log_dict(training.reference.to_dict(), REFERENCE_FILE)
    mlflow.log_text(write_report(training, horizon), "report.md")
    mlflow.log_text(card, "model_card.md")
    for name, rows in (
        ("calibration", training.calibration),
        ("lift", training.lift),
        ("segments", [_without_nan(asdict(part)) for part in found]),
        ("leaks", [asdict(leak) for leak in training.leaks]),
    ):
        mlflow.log_dict({name: rows}, f"{name}.json")


def _without_nan(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as JSON can hold it."""
    return {key: None if value != value else value for key, value in row.items()}


def _parameters(training: Training, rubric: Scorer) -> dict[str, Any]:
    return {
        "chosen": training.chosen,
        "leads": training.leads,
        "leads_left_out": training.window.of - training.window.leads,
        "converted": training.converted,
        "copies": training.copies,
        "first_moment": training.first,
        "last_moment": training.last,
        "data_sha256": training.data_sha256,
        "rubric_version": rubric.version,
        "leaks": len(training.leaks),
    }


def _metrics(training: Training) -> dict[str, float]:
    """Metrics by name; those of a candidate are on the run of its own."""
    named = {f"latest_{key}": value for key, value in training.latest.to_dict().items()}
    named |= {"latest_auc_low": training.auc_low, "latest_auc_high": training.auc_high}
    if training.rubric is not None:
        named |= {
            f"rubric_{key}": value for key, value in training.rubric.metrics.to_dict().items()
        }
    return _numbers(named)
