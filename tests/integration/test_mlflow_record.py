"""What MLflow keeps of a training is enough to judge it and to trace it."""

import json
import subprocess
from pathlib import Path

import pytest
from mlflow.artifacts import download_artifacts
from mlflow.pyfunc import load_model

from leadflow.scoring.learning.challenger import Learned
from models.candidates import CANDIDATES, YARDSTICK
from models.code_version import PROJECT, code_version
from models.dataset import KeptSet
from models.registry import Registry
from models.shipped_code import package_name
from tests.unit.models.made_up_leads import make

pytestmark = pytest.mark.uncounted


@pytest.fixture
def kept(models: Registry, learned: list[Learned], tmp_path: Path) -> Path:
    """Everything kept beside the first version's run."""
    run = models._client().get_run(learned[0].run_id)
    return Path(download_artifacts(artifact_uri=run.info.artifact_uri, dst_path=str(tmp_path)))


def test_parameters_say_from_what_and_by_which_code_it_was_learned(
    models: Registry, learned: list[Learned]
) -> None:
    run = models._client().get_run(learned[0].run_id)
    assert run.data.params["leads"] == "800"
    assert len(run.data.params["data_sha256"]) == 64
    assert run.data.params["horizon_days"] == "90"
    assert run.data.params["leaks"] == "0"
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert run.data.tags["code_commit"] == head.stdout.strip()
    assert run.data.tags["code_version"] == code_version().package


@pytest.mark.parametrize(
    ("address", "digest"),
    [("/srv/features/training/f1", "ab" * 32), ("memory://features/f1", "cd" * 32)],
)
def test_the_set_of_features_is_the_dataset_of_the_run(
    models: Registry, learned: list[Learned], address: str, digest: str
) -> None:
    models.note_dataset(learned[0].run_id, KeptSet("features_1", address, digest))
    run = models._client().get_run(learned[0].run_id)
    used = {found.dataset.digest: found.dataset for found in run.inputs.dataset_inputs}
    assert address in used[digest[:36]].source
    assert run.data.tags["feature_set_digest"] == digest


def test_outside_a_checkout_the_installed_version_is_kept(tmp_path: Path) -> None:
    found = code_version(tmp_path)
    assert (found.commit, found.changed) == ("", False)
    assert str(found) == code_version().package


def test_the_run_is_named_by_its_date_and_says_why_it_chose(
    models: Registry, learned: list[Learned]
) -> None:
    run = models._client().get_run(learned[0].run_id)
    assert (run.info.run_name, run.info.status) == ("2026-03-01 00:00 UTC", "FINISHED")
    assert " was chosen: " in run.data.tags["mlflow.note.content"]
    metrics = run.data.metrics
    assert metrics["latest_auc_low"] <= metrics["latest_auc"] <= metrics["latest_auc_high"]


def test_every_candidate_has_a_run_within_with_its_settings_and_metrics_by_block(
    models: Registry, learned: list[Learned]
) -> None:
    client = models._client()
    parent = client.get_run(learned[0].run_id)
    within = f"tags.`mlflow.parentRunId` = '{learned[0].run_id}'"
    runs = client.search_runs([parent.info.experiment_id], within)
    assert {run.info.run_name for run in runs} == {*CANDIDATES, YARDSTICK}
    for run in runs:
        assert run.data.params
        assert run.data.metrics["fit_seconds"] > 0
        assert (run.data.tags["may_serve"] == "true") == (run.info.run_name != YARDSTICK)
        for measure in ("auc", "log_loss", "brier", "ece"):
            assert f"latest_{measure}" in run.data.metrics
            by_block = client.get_metric_history(run.info.run_id, f"block_{measure}")
            assert [metric.step for metric in by_block] == [1, 2, 3]
    [chosen] = [run for run in runs if run.data.tags["chosen"] == "true"]
    assert chosen.info.run_name == parent.data.params["chosen"]
    boosted = next(run for run in runs if run.info.run_name == "gradient boosting")
    assert boosted.data.params["learning_rate"] == "0.03"


def test_pictures_and_pages_are_kept(kept: Path) -> None:
    pictures = {path.stem for path in (kept / "plots").glob("*.png")}
    assert pictures == {"calibration", "gain", "lift", "importance", "summary"}
    card = (kept / "model_card.md").read_text()
    for title in (
        "What it learned from",
        "How good it is for whom",
        "Suspected leaks",
        "What it must not be used for",
    ):
        assert f"## {title}" in card
    assert "| Budget: not known |" in card
    assert (kept / "gate.md").read_text().startswith("# Proposed: ")
    assert len(json.loads((kept / "lift.json").read_text())["lift"]) == 10
    assert json.loads((kept / "leaks.json").read_text()) == {"leaks": []}
    assert "NaN" not in (kept / "segments.json").read_text()


def test_the_stored_model_pickles_nothing_and_opens_with_mlflow(
    models: Registry, learned: list[Learned]
) -> None:
    version = models.version(learned[0].version)
    where = models._client().get_model_version_download_uri(models.name, version.version)
    folder = Path(where.removeprefix("file://"))
    # What Python leaves beside code that somebody has opened was not stored.
    files = [path for path in folder.rglob("*") if path.parent.name != "__pycache__"]
    suffixes = {path.suffix for path in files if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".pyc", ".joblib", ".skops"}
    assert [path.name for path in folder.glob("code/*")] == [package_name()]
    leads = make(20, seed=9)
    scored = load_model(where).predict(leads.frame)
    expected = models.load(version).score(leads.frame)
    assert scored["probability"].tolist() == pytest.approx(expected.probability.tolist())


def test_the_code_beside_a_model_is_not_what_scores_here(
    models: Registry, learned: list[Learned], tmp_path: Path
) -> None:
    """Who could write it would run what he likes in the gateway: plain files alone are read."""
    version = models.version(learned[0].version)
    where = models._client().get_model_version_download_uri(models.name, version.version)
    [package] = Path(where.removeprefix("file://")).glob("code/*")
    module = package / "models" / "pyfunc.py"
    kept, ran = module.read_text(), tmp_path / "ran"
    module.write_text(f"from pathlib import Path\nPath({str(ran)!r}).touch()\n{kept}")
    try:
        assert models.load(version).score(make(5).frame).version == version.version
        assert not ran.exists()
    finally:
        module.write_text(kept)


def test_the_signature_requires_no_feature_and_has_an_example(
    models: Registry, learned: list[Learned]
) -> None:
    where = models._client().get_model_version_download_uri(models.name, learned[0].version)
    model = load_model(where)
    assert [column.required for column in model.metadata.signature.inputs] == [False] * 4
    said = set(model.metadata.signature.outputs.input_names())
    assert said == set(model.predict(model.input_example))
    assert {"score", "probability", "low", "high", "fit", "reasons"} <= said
