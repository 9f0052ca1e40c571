"""Every model in MLflow: runs, versions, and the two aliases that say which one serves."""

from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlparse

from models.dataset import KeptSet, note_dataset
from models.recording import quiet_mlflow, record, run_name
from models.refused import ModelAltered, ModelGone, NoSuchVersion
from models.scorecard import Scorecard
from models.scorecard_files import fingerprint, read_scorecard
from models.scores import Scorer
from models.training import Training
from models.training_record import Record, read_record

__all__ = ["ModelAltered", "NoSuchVersion", "Registry", "TrainingFacts", "Version"]
CHAMPION, CHALLENGER = "champion", "challenger"
SHA_TAG = "scorecard_sha256"
WITHDRAWN_TAG = "withdrawn_version"


@dataclass(frozen=True)
class Version:
    """One registered version: immutable, known by the SHA-256 of its files."""

    name: str
    version: str
    run_id: str
    sha256: str


@dataclass(frozen=True)
class TrainingFacts:
    """What is known of a version: when and from what it was learned, and how good it was.

    ``last_moment`` is the end of the day of the last lead it learned from; ``metrics`` are those
    of its latest leads, by name. Where the run is gone, only the version itself is known.
    """

    version: Version
    aliases: tuple[str, ...]
    learned_at: datetime | None
    last_moment: datetime | None
    chosen: str
    metrics: Mapping[str, float]


class Registry:
    """Registered versions of one model.

    Args:
        tracking_uri: MLflow's server, or its database directly.
        artifact_root: folder of the artifacts.
        model_name: name of the registered model.
    """

    def __init__(self, tracking_uri: str, artifact_root: str, model_name: str) -> None:
        self._uri, self._artifacts, self._name = tracking_uri, artifact_root, model_name

    @property
    def name(self) -> str:
        """Name of the registered model."""
        return self._name

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
        """A registered version by its number.

        Raises:
            NoSuchVersion: there is none.
        """
        from mlflow.exceptions import MlflowException

        try:
            return self._read(self._client().get_model_version(self._name, number))
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise NoSuchVersion(
                f"{self._name} has no version {number}. See which there are: leadflow models list"
            ) from error

    def holds(self, number: str) -> bool:
        """Whether there is such a version, and its files with it."""
        try:
            self.version(number)
            where = urlparse(self._files_of(number))
        except NoSuchVersion:
            return False
        return where.scheme not in ("", "file") or any(
            Path(unquote(where.path)).rglob("model.json")
        )

    def facts(self, most: int = 20) -> list[TrainingFacts]:
        """The newest versions, newest first, with what their runs say."""
        client = self._client()
        # The list does not carry aliases; the model does.
        named = client.search_registered_models(filter_string=f"name = '{self._name}'")
        if not named:
            return []
        aliases = sorted(named[0].aliases.items())
        found = client.search_model_versions(
            f"name = '{self._name}'", max_results=most, order_by=["creation_timestamp DESC"]
        )
        runs = self._runs(client, [item.run_id for item in found])
        return [
            _facts(
                self._read(item),
                tuple(alias for alias, number in aliases if str(number) == str(item.version)),
                runs.get(item.run_id),
            )
            for item in found
        ]

    def facts_of(self, version: Version) -> TrainingFacts:
        """What the run of one version says."""
        runs = self._runs(self._client(), [version.run_id])
        return _facts(version, (), runs.get(version.run_id))

    def promote(self, version: Version) -> None:
        """Make this version the champion."""
        self._client().set_registered_model_alias(self._name, CHAMPION, version.version)

    def retire(self) -> None:
        """Leave no champion, so that the rubric scores."""
        self._client().delete_registered_model_alias(self._name, CHAMPION)

    def load(self, version: Version) -> Scorecard:
        """The scorecard of a version.

        Raises:
            ModelAltered: its files are not those that were registered.
            ModelGone: they are not there any more.
        """
        from mlflow.artifacts import download_artifacts

        if not self.holds(version.version):
            raise ModelGone(
                f"The files of {version.name} version {version.version} are not there any more. "
                "Bring them back from a backup (leadflow restore FILE --why WHY), train again "
                "(leadflow train), or let another version serve "
                "(leadflow models rollback --reason WHY)."
            )
        where = self._files_of(version.version)
        with TemporaryDirectory() as folder:
            local = Path(download_artifacts(artifact_uri=where, dst_path=folder))
            directory = next((path.parent for path in local.rglob("model.json")), local)
            if fingerprint(directory) != version.sha256:
                raise ModelAltered(
                    f"The files of {version.name} version {version.version} are not those that "
                    "were registered. Train again (leadflow train), or let another version serve "
                    "(leadflow models rollback --reason WHY)."
                )
            return read_scorecard(directory, version.version)

    def record(self, version: Version) -> Record:
        """What was written down of a version when it was trained."""
        return read_record(self._client(), version.run_id)

    def tag(self, run_id: str, name: str, value: str) -> None:
        """Put a tag on a run."""
        self._client().set_tag(run_id, name, value)

    def note_dataset(self, run_id: str, kept: KeptSet) -> None:
        """Say beside a run what it learned from."""
        note_dataset(self._client(), run_id, kept)

    def log(
        self,
        training: Training,
        plots: Path,
        parameters: Mapping[str, Any],
        rubric: Scorer,
        pages: Mapping[str, str],
    ) -> Version:
        """Log a training with everything one needs to judge it and ``pages`` by file name, and
        register it as challenger. Where something fails there is no version of it, its alias is
        where it was, and MLflow says of the run that it failed."""
        mlflow = quiet_mlflow()
        mlflow.set_tracking_uri(self._uri)
        with mlflow.start_run(
            experiment_id=self._experiment(self._client()),
            run_name=run_name(parameters),
            description=f"{training.why}\n\n`report.md` and `model_card.md` say the rest.",
        ) as run:
            info, sha256 = record(mlflow, training, plots, parameters, rubric, pages)
            return self._register(mlflow, info.model_uri, run.info.run_id, sha256)

    def _register(self, mlflow: Any, model_uri: str, run_id: str, sha256: str) -> Version:
        before = self.alias_version(CHALLENGER)
        with redirect_stderr(StringIO()):
            made = mlflow.register_model(model_uri, self._name, tags={SHA_TAG: sha256})
        version = Version(self._name, str(made.version), run_id, sha256)
        try:
            self._client().set_registered_model_alias(self._name, CHALLENGER, version.version)
        except Exception:
            self.withdraw(version, before)
            raise
        return version

    def withdraw(self, version: Version, before: str | None) -> None:
        """Undo a registration: there is no such version, the challenger is ``before`` again, and
        the run says that it failed."""
        client = self._client()
        client.delete_model_version(self._name, version.version)
        if before is not None:
            client.set_registered_model_alias(self._name, CHALLENGER, before)
        client.set_tag(version.run_id, WITHDRAWN_TAG, version.version)
        client.set_terminated(version.run_id, "FAILED")

    def _files_of(self, number: str) -> str:
        """Where the files lie, so that no tracking server of this process is asked for them."""
        return str(self._client().get_model_version_download_uri(self._name, number))

    def _runs(self, client: Any, ids: list[str]) -> dict[str, Any]:
        experiment = client.get_experiment_by_name(self._name)
        if experiment is None or not ids:
            return {}
        wanted = ", ".join(f"'{run_id}'" for run_id in ids)
        found = client.search_runs(
            [experiment.experiment_id], f"attributes.run_id IN ({wanted})", max_results=len(ids)
        )
        return {run.info.run_id: run for run in found}

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
        return quiet_mlflow().MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)


def _facts(version: Version, aliases: tuple[str, ...], run: Any) -> TrainingFacts:
    parameters = run.data.params if run is not None else {}
    return TrainingFacts(
        version=version,
        aliases=aliases,
        learned_at=_moment(parameters.get("learned_at")),
        last_moment=_moment(parameters.get("last_moment")),
        chosen=parameters.get("chosen", "not known"),
        metrics=dict(run.data.metrics) if run is not None else {},
    )


def _moment(words: str | None) -> datetime | None:
    """An aware moment; a day is its end, UTC."""
    if words is None:
        return None
    moment = datetime.fromisoformat(words)
    if len(words) == len("2026-01-01"):
        return moment.replace(tzinfo=UTC) + timedelta(days=1)
    return moment
