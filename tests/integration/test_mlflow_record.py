"""What MLflow keeps of a training is enough to judge it and to trace it."""

import json
import subprocess
from pathlib import Path

import pytest
from mlflow.artifacts import download_artifacts
from mlflow.pyfunc import load_model

from leadflow.scoring.learning.challenger import Learned
from models.code_version import PROJECT, code_version
from models.registry import Registry
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


def test_outside_a_checkout_the_installed_version_is_kept(tmp_path: Path) -> None:
    found = code_version(tmp_path)
    assert (found.commit, found.changed) == ("", False)
    assert str(found) == code_version().package


def test_every_candidate_s_metrics_are_kept_by_block(
    models: Registry, learned: list[Learned]
) -> None:
    metrics = models._client().get_run(learned[0].run_id).data.metrics
    for name in ("logistic_regression", "random_forest", "gradient_boosting"):
        for block in (1, 2, 3):
            for measure in ("auc", "log_loss", "brier", "ece"):
                assert f"{name}_block{block}_{measure}" in metrics
    assert metrics["latest_auc_low"] <= metrics["latest_auc"] <= metrics["latest_auc_high"]


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


def test_the_stored_model_holds_nothing_that_runs_and_opens_with_mlflow(
    models: Registry, learned: list[Learned]
) -> None:
    version = models.version(learned[0].version)
    where = models._client().get_model_version_download_uri(models.name, version.version)
    folder = Path(where.removeprefix("file://"))
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".py", ".pyc", ".joblib", ".skops"}
    leads = make(20, seed=9)
    scored = load_model(where).predict(leads.frame)
    expected = models.load(version).score(leads.frame)
    assert scored["probability"].tolist() == pytest.approx(expected.probability.tolist())
