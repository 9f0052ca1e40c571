"""Logging a training to MLflow: parameters, metrics, pictures, pages, and the scorecard itself."""

import logging
import os
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import asdict
from datetime import datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from features.feature import FeatureKind
from models.code_version import code_version
from models.model_card import training_segments, write_card
from models.pyfunc import ScorecardFunction
from models.scorecard import Scorecard
from models.scorecard_files import fingerprint, write_scorecard
from models.scores import Scorer
from models.training import Training
from models.training_record import REFERENCE_FILE
from models.training_report import write_report

PACKAGES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


def quiet_mlflow() -> Any:
    """MLflow, without what it would say to whoever is at the terminal."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # A model is its own files; the project's lock file is not part of it.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
    os.environ.setdefault("MLFLOW_LOG_UV_FILES", "false")
    # The signature is given, so an example row is not needed, and rows are of people.
    warnings.filterwarnings("ignore", message=".*input example was not provided.*")

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
    model_name: str,
) -> tuple[Any, str]:
    """Log everything one needs to judge a training to the active run, and register its model.

    ``parameters`` must hold ``horizon_days`` and ``learned_at`` (ISO 8601). Returns what MLflow
    says of the model, and the SHA-256 of its files.
    """
    code = code_version()
    mlflow.set_tags({"code_version": code.package, "code_commit": code.commit})
    mlflow.set_tag("code_changed", str(code.changed).lower())
    mlflow.log_params({**_parameters(training, rubric), **parameters})
    mlflow.log_metrics(_metrics(training))
    mlflow.log_artifacts(str(plots), "plots")
    _log_pages(mlflow, training, parameters)
    with TemporaryDirectory() as folder:
        files = Path(folder) / "scorecard"
        write_scorecard(training.scorecard, files)
        return _log_model(mlflow, training, files, model_name), fingerprint(files)


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


def _log_model(mlflow: Any, training: Training, files: Path, model_name: str) -> Any:
    """The scorecard as a pyfunc of plain files: nothing is pickled."""
    names = [feature.name for feature in training.scorecard.features]
    example = training.example[names].astype(object)
    # MLflow writes its progress to standard error, into whatever the caller is showing there.
    with redirect_stderr(StringIO()):
        return mlflow.pyfunc.log_model(
            name="scorecard",
            loader_module="models.pyfunc",
            data_path=str(files),
            signature=_signature(training.scorecard, example),
            registered_model_name=model_name,
            pip_requirements=list(PACKAGES),
        )


def _signature(scorecard: Scorecard, example: pd.DataFrame) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    inputs = [
        ColSpec(
            "string" if feature.kind is FeatureKind.CATEGORICAL else "double",
            feature.name,
            required=True,
        )
        for feature in scorecard.features
    ]
    answer = ScorecardFunction(scorecard).predict(example)
    outputs = [
        ColSpec("string" if name == "reasons" else "double", name) for name in answer.columns
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _parameters(training: Training, rubric: Scorer) -> dict[str, Any]:
    return {
        "chosen": training.chosen,
        "leads": training.leads,
        "converted": training.converted,
        "copies": training.copies,
        "first_moment": training.first,
        "last_moment": training.last,
        "data_sha256": training.data_sha256,
        "rubric_version": rubric.version,
        "leaks": len(training.leaks),
    }


def _metrics(training: Training) -> dict[str, float]:
    """Metrics by name; a candidate's stand under its own name."""
    named = {f"latest_{key}": value for key, value in training.latest.to_dict().items()}
    named |= {"latest_auc_low": training.auc_low, "latest_auc_high": training.auc_high}
    if training.rubric is not None:
        named |= {
            f"rubric_{key}": value for key, value in training.rubric.metrics.to_dict().items()
        }
    for candidate in training.candidates:
        name = candidate.name.replace(" ", "_")
        named |= {f"{name}_latest_{k}": v for k, v in candidate.latest.to_dict().items()}
        for number, block in enumerate(candidate.blocks, start=1):
            named |= {f"{name}_block{number}_{k}": v for k, v in block.to_dict().items()}
    return {key: value for key, value in named.items() if value == value}
