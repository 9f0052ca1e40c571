"""Every model in MLflow: runs, versions, and the two aliases that say which one serves."""

import os
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from models.pyfunc import ScorecardFunction
from models.record import REFERENCE_FILE, Record, read_record
from models.scorecard import Scorecard
from models.scorecard_files import fingerprint, read_scorecard, write_scorecard
from models.scores import Scorer
from models.training import Training
from models.training_report import write_report

CHAMPION, CHALLENGER = "champion", "challenger"
SHA_TAG = "scorecard_sha256"
PACKAGES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


class ModelAltered(RuntimeError):
    """The stored files are not those that were registered; the model is refused."""


@dataclass(frozen=True)
class Version:
    """One registered version: immutable, known by the SHA-256 of its files."""

    name: str
    version: str
    run_id: str
    sha256: str


class Registry:
    """Registered versions of one model.

    Args:
        tracking_uri: MLflow's server, or its database directly.
        artifact_root: folder of the artifacts.
        model_name: name of the registered model.
    """

    def __init__(self, tracking_uri: str, artifact_root: str, model_name: str) -> None:
        self._uri, self._artifacts, self._name = tracking_uri, artifact_root, model_name

    def champion(self) -> Version | None:
        """The version that serves, or None."""
        return self._by_alias(CHAMPION)

    def challenger(self) -> Version | None:
        """The version that was learned last, or None."""
        return self._by_alias(CHALLENGER)

    def alias_version(self, alias: str) -> str | None:
        """The version number behind an alias, or None; cheap."""
        found = self._by_alias(alias)
        return None if found is None else found.version

    def version(self, number: str) -> Version:
        """A registered version by its number."""
        return self._read(self._client().get_model_version(self._name, number))

    def promote(self, version: Version) -> None:
        """Make this version the champion."""
        self._client().set_registered_model_alias(self._name, CHAMPION, version.version)

    def load(self, version: Version) -> Scorecard:
        """The scorecard of a version.

        Raises:
            ModelAltered: its files are not those that were registered.
        """
        from mlflow.artifacts import download_artifacts

        # Where the files lie, so that no tracking server of this process is asked for them.
        where = self._client().get_model_version_download_uri(self._name, version.version)
        with TemporaryDirectory() as folder:
            local = Path(download_artifacts(artifact_uri=where, dst_path=folder))
            directory = next(local.rglob("model.json")).parent
            if fingerprint(directory) != version.sha256:
                raise ModelAltered(
                    f"The files of {version.name} version {version.version} are not those that "
                    "were registered. Train again, or roll back to another version."
                )
            return read_scorecard(directory, version.version)

    def record(self, version: Version) -> Record:
        """What was written down of a version when it was trained."""
        return read_record(self._client(), version.run_id)

    def tag(self, run_id: str, name: str, value: str) -> None:
        """Put a tag on a run."""
        self._client().set_tag(run_id, name, value)

    def log(
        self, training: Training, plots: Path, parameters: Mapping[str, Any], rubric: Scorer
    ) -> Version:
        """Log a training with everything one needs to judge it, and register it as challenger."""
        mlflow = _mlflow()
        mlflow.set_tracking_uri(self._uri)
        client = self._client()
        with (
            mlflow.start_run(experiment_id=self._experiment(client), run_name=training.chosen),
            TemporaryDirectory() as folder,
        ):
            mlflow.log_params({**_parameters(training, rubric), **parameters})
            mlflow.log_metrics(_metrics(training))
            mlflow.log_artifacts(str(plots), "plots")
            mlflow.log_text(write_report(training, int(parameters["horizon_days"])), "report.md")
            mlflow.log_dict(training.reference.to_dict(), REFERENCE_FILE)
            files = Path(folder) / "scorecard"
            write_scorecard(training.scorecard, files)
            sha256 = fingerprint(files)
            info = self._log_model(mlflow, training, files)
            run_id = info.run_id
        number = str(info.registered_model_version)
        client.set_model_version_tag(self._name, number, SHA_TAG, sha256)
        client.set_registered_model_alias(self._name, CHALLENGER, number)
        return Version(self._name, number, run_id, sha256)

    def _log_model(self, mlflow: Any, training: Training, files: Path) -> Any:
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
                registered_model_name=self._name,
                pip_requirements=list(PACKAGES),
            )

    def _experiment(self, client: Any) -> str:
        found = client.get_experiment_by_name(self._name)
        if found is not None:
            return str(found.experiment_id)
        Path(self._artifacts).mkdir(parents=True, exist_ok=True)
        return str(
            client.create_experiment(
                self._name, artifact_location=Path(self._artifacts).resolve().as_uri()
            )
        )

    def _by_alias(self, alias: str) -> Version | None:
        from mlflow.exceptions import MlflowException

        try:
            return self._read(self._client().get_model_version_by_alias(self._name, alias))
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _read(self, found: Any) -> Version:
        return Version(self._name, str(found.version), found.run_id, found.tags.get(SHA_TAG, ""))

    def _client(self) -> Any:
        return _mlflow().MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)


def _mlflow() -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # A model is its own files; the project's lock file is not part of it.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
    os.environ.setdefault("MLFLOW_LOG_UV_FILES", "false")
    import logging
    import warnings

    # The signature is given, so an example row is not needed, and rows are of people.
    warnings.filterwarnings("ignore", message=".*input example was not provided.*")

    import mlflow

    logging.getLogger("mlflow.store.db.utils").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Says so when a statement fails that MLflow itself expects to fail.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    return mlflow


def _signature(scorecard: Scorecard, example: pd.DataFrame) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    from features.feature import Kind

    inputs = [
        ColSpec(
            "string" if feature.kind is Kind.CATEGORICAL else "double",
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
        "first_moment": training.first,
        "last_moment": training.last,
        "data_sha256": training.data_sha256,
        "rubric_version": rubric.version,
    }


def _metrics(training: Training) -> dict[str, float]:
    """Metrics by name; a candidate's stand under its own name."""
    named = {f"latest_{key}": value for key, value in training.latest.to_dict().items()}
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
