"""Only what was approved serves, with the files that were approved."""

import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlparse

import pytest
from sqlalchemy import select

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger
from leadflow.scoring.learning.challenger import Learned
from leadflow.scoring.learning.promotion import promote, roll_back
from leadflow.scoring.serving.champion import VersionNotApproved, serving_scorer
from leadflow.scoring.serving.tables import ServingModel
from leadflow.settings import Settings, get_settings
from models.refused import ModelAltered
from models.registry import SHA_TAG, Registry
from models.scorecard_files import fingerprint
from tests.deciders import settle
from tests.gateways import application
from tests.in_process import InProcess
from tests.integration.registered_models import NOW, approve
from tests.servers import free_port

pytestmark = pytest.mark.uncounted


def files_of(models: Registry, number: str) -> Path:
    """The file on disk that holds this version."""
    where = models._client().get_model_version_download_uri(models.name, number)
    return next(Path(urlparse(where).path).rglob("model.json"))


def test_an_alias_moved_by_hand_is_refused(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    models.promote(models.version(learned[0].version))
    with pytest.raises(VersionNotApproved, match="approved to serve is the expert rubric"):
        serving_scorer(settings)
    with unit_of_work() as session:
        roll_back(session, settings, "rubric", "ana", "moved by hand", NOW)
    assert serving_scorer(settings).regime == "rubric"
    approve(learned[0], settings)
    models.promote(models.version(learned[1].version))
    with pytest.raises(VersionNotApproved, match=f"names version {learned[1].version}"):
        serving_scorer(settings)
    models.retire()
    with pytest.raises(VersionNotApproved):
        serving_scorer(settings)
    with unit_of_work() as session:
        roll_back(session, settings, learned[0].version, "ana", "set right", NOW)
    assert serving_scorer(settings).version == learned[0].version


@pytest.mark.parametrize("retagged", [False, True])
def test_files_that_are_not_those_approved_are_refused(
    models: Registry, learned: list[Learned], settings: Settings, retagged: bool
) -> None:
    approve(learned[0], settings)
    version = models.version(learned[0].version)
    path = files_of(models, version.version)
    content = path.read_text()
    try:
        path.write_text(content.replace('"slope": ', '"slope": 1'))
        if retagged:
            # Whoever can change the files may be able to change what MLflow says of them too.
            models._client().set_model_version_tag(
                models.name, version.version, SHA_TAG, fingerprint(path.parent)
            )
            assert models.load(models.version(version.version))
        with pytest.raises(ModelAltered, match="not those that were registered"):
            serving_scorer(settings)
    finally:
        path.write_text(content)
        models._client().set_model_version_tag(
            models.name, version.version, SHA_TAG, version.sha256
        )
    assert serving_scorer(settings).version == version.version


def test_a_version_altered_after_its_approval_is_not_promoted(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    path = files_of(models, learned[1].version)
    content = path.read_text()
    try:
        path.write_text(content + " ")
        approval_id = approve(learned[1], settings)
    finally:
        path.write_text(content)
    assert models.champion() is None
    with unit_of_work() as session:
        assert session.scalars(select(ServingModel)).all() == []
        refused = approvals.get(session, approval_id)
        assert refused.status == "void"
        assert "not what was approved" in str(refused.reason)


def test_an_act_that_no_approval_stands_behind_promotes_nothing(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    with unit_of_work() as session:
        question = approvals.propose(session, challenger.promotion(learned[0], settings), NOW)
    payload = {**question.payload, "approval_id": question.id}
    with unit_of_work() as session, pytest.raises(approvals.NotApproved):
        promote(session, settings, payload, NOW)
    assert models.champion() is None
    with unit_of_work() as session:
        settle(session, question.id, NOW)
    other = {**payload, "version": learned[1].version, "sha256": learned[1].sha256}
    with unit_of_work() as session:
        promote(session, settings, other, NOW)
    # The approval says which version, not whoever asks to carry it out.
    assert models.champion() == models.version(learned[0].version)


def test_the_gateway_follows_a_rollback_and_keeps_scoring_when_the_alias_is_moved_by_hand(
    models: Registry,
    learned: list[Learned],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for day in (0, 1):
        approve(learned[day], settings, NOW + timedelta(days=day))
    monkeypatch.setattr(get_settings(), "model_name", settings.model_name)
    for port in ("prefect_port", "mlflow_port"):
        monkeypatch.setattr(get_settings(), port, free_port())

    def wait_for(words: str, status: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            part = client.get("/health").json()["parts"]["model"]
            if words in part["detail"] and part["status"] == status:
                return
            assert time.monotonic() < deadline, part
            time.sleep(0.2)

    with InProcess(application()) as client:
        wait_for(f"model {learned[1].version}", "ok")
        with unit_of_work() as session:
            roll_back(session, settings, None, "ana", "worse", NOW + timedelta(days=2))
        wait_for(f"model {learned[0].version}", "ok")
        models.promote(models.version(learned[2].version))
        wait_for("VersionNotApproved", "down")
        assert client.app.state.serving.current().version == learned[0].version  # type: ignore[attr-defined]
