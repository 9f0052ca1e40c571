"""build_features on a real Prefect server: part by part, each named after its leads."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from sqlalchemy import Engine

from leadflow import features
from leadflow.database.engine import unit_of_work
from leadflow.scoring.feature_sets import parts
from leadflow.scoring.feature_sets.checking import SetRefused
from leadflow.scoring.feature_sets.reading import NoSuchSet, find_set, read_manifest
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from tests.artifacts import newest_artifact
from tests.typed import terminal

pytestmark = pytest.mark.servers


def test_a_set_is_made_by_the_flow_and_a_part_that_fails_is_tried_again_alone(
    prefect: object, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.build_features import build_features

    settings = get_settings()
    simulate(store, settings, seed=3, leads=120, months=12.0, reps=2, now=datetime.now(UTC))
    monkeypatch.setattr(settings, "feature_batch", 50)
    make_part, tried = parts.make_part, []

    def once_broken(engine: Engine, build: object, keys: object) -> object:
        tried.append(str(keys))
        if len(tried) == 1:
            raise ConnectionError("lost")
        return make_part(engine, build, keys)  # type: ignore[arg-type]

    monkeypatch.setattr(parts, "make_part", once_broken)
    built = build_features()
    assert built.words.startswith("120 leads for serving as of ")
    assert len(features.load("latest", "serving")) == 120
    assert (len(tried), len(set(tried))) == (4, 3)
    with unit_of_work() as session:
        manifest = read_manifest(find_set(session, built.id))
    assert [part.leads for part in manifest.parts] == [50, 50, 20]
    with get_client(sync_client=True) as client:
        names = {run.name for run in client.read_task_runs()}
        called = {run.name: run.tags for run in client.read_flow_runs()}
    as_of = built.words.removeprefix("120 leads for serving ").removesuffix(" UTC")
    assert called[f"build_features {as_of}, serving, 3 parts, 120 leads"] == ["learning"]
    assert {f"features {words}" for words in tried} <= names
    assert built.id not in newest_artifact("feature-set")


def test_a_set_that_is_refused_fails_the_run(
    prefect: object, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.build_features import build_features

    settings = get_settings()
    simulate(store, settings, seed=3, leads=20, months=12.0, reps=2, now=datetime.now(UTC))
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE leads SET timeline_months = -1")
    with pytest.raises(SetRefused, match="timeline_months"):
        build_features()
    with unit_of_work() as session, pytest.raises(NoSuchSet):
        find_set(session, "latest")


def test_sets_are_made_shown_and_compared_at_the_terminal(
    prefect: object, store: Engine, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    simulate(store, get_settings(), seed=3, leads=60, months=12.0, reps=2, now=now)
    with terminal(tmp_path) as there:
        for words, said in (
            (("features", "build"), "60 leads for serving as of"),
            (("features", "show"), "with time alone move: recent_visits, days_since_active"),
            (("features", "diff", "latest", "latest"), "Of leads in both, no value differs."),
        ):
            told = there.type(*words)
            assert (told.code, said in " ".join(told.all.split())) == (0, True), told.all
