"""All leads are scored, and models are tried, on the task runner that the settings name, with the
same outcome."""

import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from distributed import Client, LocalCluster
from prefect import flow
from prefect.client.orchestration import get_client
from sqlalchemy import Engine, text

from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import learn
from leadflow.scoring.serving.feature_frames import read_training_set
from leadflow.settings import Settings, get_settings
from leadflow.simulation.service import simulate
from leadflow.supervisor.child import Child
from tasks.fitting import on_the_task_runner
from tasks.runners import RunnerOfSettings, TaskRunnerAway, TaskRunnerMissing, task_runner
from tests.servers import empty

pytestmark = [pytest.mark.servers, pytest.mark.uncounted]
LEADS = 900
SCORES = text(
    "SELECT lead_id, points, total_score, probability, level FROM lead_scores ORDER BY lead_id"
)


@pytest.fixture(scope="module")
def market(engine: Engine, prefect: Child) -> Iterator[datetime]:
    """Leads to score and to learn from, and the moment they are looked at."""
    now = datetime.now(UTC)
    simulate(engine, get_settings(), seed=17, leads=LEADS, months=12.0, reps=3, now=now)
    yield now

    empty(engine)


@pytest.fixture(scope="module")
def cluster(market: datetime) -> Iterator[str]:
    """The address of a Dask cluster of two processes."""
    own = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**own) as running:
        yield running.scheduler_address


@pytest.fixture
def on_dask(cluster: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Runs that begin now work on that cluster, in many partitions."""
    yield from _set(
        monkeypatch,
        LEADFLOW_TASK_RUNNER="dask",
        LEADFLOW_TASK_RUNNER_ADDRESS=cluster,
        LEADFLOW_SCORE_BATCH="200",
    )


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[str]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield variables.get("LEADFLOW_TASK_RUNNER_ADDRESS", "")
    monkeypatch.undo()
    get_settings.cache_clear()


def loaded(address: str, module: str) -> set[bool]:
    """Whether each of the cluster's processes, which are others than this, has used this module."""
    with Client(address, set_as_default=False) as client:
        found = client.run(lambda: (os.getpid(), module in sys.modules))
    assert os.getpid() not in {pid for pid, _ in found.values()}
    return {has for _, has in found.values()}


def scores(engine: Engine) -> list[tuple[object, ...]]:
    """What is written of every lead; forgotten afterwards."""
    with engine.begin() as connection:
        found = [tuple(row) for row in connection.execute(SCORES)]
        connection.execute(text("TRUNCATE lead_scores, scoring_runs, scoring_partitions"))
    return found


def test_scoring_on_a_dask_cluster_of_two_processes_is_scoring_in_threads(
    engine: Engine, market: datetime, request: pytest.FixtureRequest
) -> None:
    from flows.score_leads import score_leads

    assert score_leads(as_of=market) == LEADS
    in_threads = scores(engine)
    address = request.getfixturevalue("on_dask")
    assert score_leads(as_of=market) == LEADS
    assert scores(engine) == in_threads
    assert loaded(address, "leadflow.scoring.batch.runs") == {True}
    with get_client(sync_client=True) as client:
        called = {run.name: run.tags for run in client.read_flow_runs()}
        parts = {run.name for run in client.read_task_runs()}
    as_of = f"score_leads as of {market:%Y-%m-%d %H:%M}"
    assert called[f"{as_of}, 1 partition, 900 leads"] == ["scoring"]
    assert called[f"{as_of}, 5 partitions, 900 leads"] == ["scoring"]
    assert {f"partition {number}" for number in range(5)} <= parts


def test_candidates_tried_on_a_cluster_are_those_tried_one_after_the_other(
    market: datetime, on_dask: str
) -> None:
    settings = get_settings()
    with unit_of_work() as session:
        from leadflow.scoring.learning.challenger import horizon

        data = read_training_set(session, market, horizon(settings))

    @flow(task_runner=RunnerOfSettings())
    def trying() -> tuple[str, list[dict[str, object]]]:
        elsewhere = on_the_task_runner(settings)
        assert elsewhere is not None
        tried = learn(data, settings, elsewhere=elsewhere)
        return tried.fingerprint(), tried.candidate_table()

    alone = learn(data, settings)
    assert trying() == (alone.fingerprint(), alone.candidate_table())
    assert not list((settings.home / "learning").iterdir())
    assert loaded(on_dask, "models.shared_recipe") == {True}


def test_a_run_fails_with_what_to_do_where_no_cluster_answers(
    market: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.score_leads import score_leads

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setattr("tasks.runners.ANSWER_SECONDS", 1)
    named = {"LEADFLOW_TASK_RUNNER": "dask", "LEADFLOW_TASK_RUNNER_ADDRESS": nobody}
    for _ in _set(monkeypatch, **named):
        with pytest.raises(TaskRunnerAway, match=r"LEADFLOW_TASK_RUNNER_ADDRESS\). Start one"):
            score_leads(as_of=market)


def test_a_scheduler_without_workers_is_said(cluster: str) -> None:
    with LocalCluster(n_workers=0, dashboard_address=None) as idle:
        address = idle.scheduler_address
        settings = Settings(task_runner="dask", task_runner_address=address)
        with pytest.raises(TaskRunnerAway, match="has no workers"):
            task_runner(settings)


def test_scoring_on_ray_is_scoring_in_threads(
    engine: Engine, market: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs where the extra ``ray`` is installed."""
    ray = pytest.importorskip("ray")
    pytest.importorskip("prefect_ray")
    from flows.score_leads import score_leads

    assert score_leads(as_of=market) == LEADS
    in_threads = scores(engine)
    named = {"LEADFLOW_TASK_RUNNER_WORKERS": "2", "LEADFLOW_SCORE_BATCH": "200"}
    for _ in _set(monkeypatch, LEADFLOW_TASK_RUNNER="ray", **named):
        assert score_leads(as_of=market) == LEADS
    assert scores(engine) == in_threads
    assert not ray.is_initialized()


def test_ray_that_does_not_answer_is_said() -> None:
    pytest.importorskip("prefect_ray")
    with pytest.raises(TaskRunnerAway, match="No Ray cluster answers"):
        task_runner(Settings(task_runner="ray", task_runner_address="ray://127.0.0.1:1"))


def test_a_task_runner_that_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.runners.find_spec", lambda name: None)
    with pytest.raises(TaskRunnerMissing, match="uv sync --extra ray"):
        task_runner(Settings(task_runner="ray"))


def test_an_address_without_a_cluster_to_go_with_is_refused() -> None:
    with pytest.raises(ValueError, match="set LEADFLOW_TASK_RUNNER to dask or ray"):
        Settings(task_runner_address="tcp://127.0.0.1:8786")
