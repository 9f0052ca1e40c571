"""A training that fails on its way leaves no version, no alias that moved, and no question."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from mlflow import MlflowClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger
from leadflow.scoring.learning.challenger import learn_challenger
from leadflow.scoring.learning.trainings import keep_training, last_training
from leadflow.scoring.serving.feature_frames import TrainingSet
from leadflow.settings import Settings, get_settings
from models.refused import NoSuchVersion
from models.registry import Registry
from tests.integration.registered_models import trained
from tests.servers import forget_models
from tests.unit.models.made_up_leads import FEATURES, make

pytestmark = pytest.mark.uncounted
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def settings(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An installation whose training gives what was learned from made-up leads."""
    settings = get_settings().model_copy(update={"model_name": "undone"})
    leads = make(800, seed=9)
    data = TrainingSet(tuple(FEATURES), leads.frame, leads.labels, leads.moments, leads.labels)
    monkeypatch.setattr(challenger, "read_training_set", lambda *given: data)
    monkeypatch.setattr(challenger, "learn", lambda *given, **more: trained(2))
    monkeypatch.setattr(challenger, "known_late", lambda *given: [])
    monkeypatch.setattr(challenger, "replaced_by", lambda *given: None)
    forget_models(settings)
    yield settings
    forget_models(settings)


@pytest.fixture
def models(settings: Settings) -> Registry:
    return challenger.registry(settings)


def breaks(*given: Any, **more: Any) -> None:
    raise ConnectionError("the line is cut")


def newest_run(models: Registry) -> Any:
    client = models._client()
    experiment = client.get_experiment_by_name(models.name).experiment_id
    top = "tags.`mlflow.parentRunId` IS NULL"
    return client.search_runs([experiment], top, order_by=["start_time DESC"], max_results=1)[0]


def audited() -> list[str]:
    with unit_of_work() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))


def test_where_the_alias_does_not_move_there_is_no_version(
    settings: Settings, models: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", breaks)
    with pytest.raises(ConnectionError):
        learn_challenger(unit_of_work, settings, NOW)
    assert (models.facts(), models.challenger()) == ([], None)
    assert newest_run(models).info.status == "FAILED"
    assert audited() == []


def test_where_it_cannot_be_audited_the_challenger_is_who_it_was(
    settings: Settings, models: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = challenger.register(trained(1), settings, NOW)
    monkeypatch.setattr("leadflow.scoring.learning.challenger.audit.record", breaks)
    with pytest.raises(ConnectionError):
        learn_challenger(unit_of_work, settings, NOW)
    assert [facts.version.version for facts in models.facts()] == [first.version]
    assert models.alias_version("challenger") == first.version
    run = newest_run(models)
    assert (run.info.status, run.data.tags["withdrawn_version"]) == ("FAILED", "2")


def test_no_unit_of_work_is_open_while_it_learns_or_registers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_now, seen = [], []

    @contextmanager
    def counted() -> Iterator[Session]:
        with unit_of_work() as session:
            open_now.append(session)
            yield session
            open_now.pop()

    register, learn = challenger.register, challenger.learn
    for name, act in (("learn", learn), ("register", register)):

        def watched(*given: Any, act: Any = act, name: str = name, **more: Any) -> Any:
            seen.append((name, len(open_now)))
            return act(*given, **more)

        monkeypatch.setattr(challenger, name, watched)
    learn_challenger(counted, settings, NOW)
    assert seen == [("learn", 0), ("register", 0)]
    assert audited() == ["model.challenger_registered"]


def test_what_is_withdrawn_is_gone_with_its_training_and_says_so(
    settings: Settings, models: Registry
) -> None:
    first = challenger.register(trained(1), settings, NOW)
    learned = learn_challenger(unit_of_work, settings, NOW)
    with unit_of_work() as session:
        keep_training(session, settings, NOW, "asked", learned.version)
    challenger.withdraw(unit_of_work, learned, settings)
    with pytest.raises(NoSuchVersion):
        models.version(learned.version)
    assert models.alias_version("challenger") == first.version
    with unit_of_work() as session:
        assert last_training(session, settings) is None
    assert audited() == ["model.challenger_registered", "model.challenger_withdrawn"]
