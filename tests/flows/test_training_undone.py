"""A flow whose question cannot be asked leaves no challenger behind that nobody was asked about."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger
from leadflow.scoring.learning.trainings import last_training
from leadflow.scoring.monitoring import retraining
from leadflow.settings import Settings, get_settings
from leadflow.simulation.service import simulate
from leadflow.supervisor.child import Child
from tests.integration.registered_models import trained
from tests.servers import forget_models

pytestmark = [pytest.mark.servers, pytest.mark.uncounted]


@pytest.fixture
def settings(store: Engine, prefect: Child, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A training gives a registered challenger of made-up leads."""
    settings = get_settings()
    monkeypatch.setattr(settings, "model_name", "undone-by-the-flow")
    forget_models(settings)

    def registered(*given: Any) -> challenger.Learned:
        return challenger.register(trained(1), settings, datetime.now(UTC))

    monkeypatch.setattr(retraining, "_learn", registered)
    simulate(store, settings, seed=5, leads=60, months=6.0, reps=2, now=datetime.now(UTC))
    yield settings
    forget_models(settings)


def test_what_was_registered_is_taken_back_where_nobody_can_be_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.train_model import train_model

    def breaks(*given: Any) -> None:
        raise ConnectionError("the line is cut")

    monkeypatch.setattr("tasks.learning.approvals.propose", breaks)
    with pytest.raises(ConnectionError):
        train_model()
    models = challenger.registry(settings)
    assert (models.facts(), models.challenger()) == ([], None)
    with unit_of_work() as session:
        assert last_training(session, settings) is None


def test_what_was_asked_about_stays(settings: Settings) -> None:
    from flows.train_model import train_model

    ended = train_model()
    assert ended.words
    models = challenger.registry(settings)
    assert models.alias_version("challenger") == "1"
    with unit_of_work() as session:
        run = last_training(session, settings)
    assert run is not None
    assert run.version == "1"
