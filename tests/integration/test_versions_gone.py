"""Versions that are deleted from MLflow while something else is done with them."""

import shutil
from datetime import timedelta

import pytest

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger
from leadflow.scoring.learning.challenger import Learned
from leadflow.scoring.learning.promotion import promote, roll_back
from leadflow.scoring.serving.champion import serving_scorer
from leadflow.settings import Settings
from models.refused import ModelGone, NoSuchVersion
from models.registry import Registry
from tests.deciders import settle
from tests.integration.registered_models import NOW, approve
from tests.integration.test_model_gone import files_of

pytestmark = pytest.mark.uncounted


@pytest.mark.long
def test_going_back_passes_over_versions_that_are_gone(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    for day, one in enumerate(learned):
        approve(one, settings, NOW + timedelta(days=day))
    shutil.rmtree(files_of(models, learned[1].version))
    later = NOW + timedelta(days=9)
    with unit_of_work() as session:
        done = roll_back(session, settings, None, "ana", "worse", later)
    assert (done.before, done.now) == (learned[2].version, learned[0].version)
    assert serving_scorer(settings).version == learned[0].version
    with unit_of_work() as session, pytest.raises(ModelGone, match="leadflow restore"):
        roll_back(session, settings, learned[1].version, "ana", "that one", later)
    assert serving_scorer(settings).version == learned[0].version


def test_a_version_deleted_after_its_approval_makes_the_approval_void(
    models: Registry, learned: list[Learned], settings: Settings
) -> None:
    with unit_of_work() as session:
        question = approvals.propose(session, challenger.promotion(learned[2], settings), NOW)
        settle(session, question.id, NOW)
    models._client().delete_model_version(models.name, learned[2].version)
    with unit_of_work() as session:
        promote(session, settings, {**question.payload, "approval_id": question.id}, NOW)
    with unit_of_work() as session:
        refused = approvals.get(session, question.id)
        assert (refused.status, "is gone" in str(refused.reason)) == ("void", True)
    assert models.champion() is None
    with pytest.raises(NoSuchVersion, match="leadflow models list"):
        models.version(learned[2].version)
