"""A market that shifts starts training by itself, once, and says why: on real servers."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mlflow import MlflowClient
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
)
from sqlalchemy import Engine, func, select, text

from leadflow.background.process import running
from leadflow.database.cluster import locate
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger as learning
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.serving.tables import ShadowScore
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from leadflow.supervisor.child import Child
from tests.artifacts import newest_artifact
from tests.integration.registered_models import approve
from tests.servers import empty, forget_models

pytestmark = [pytest.mark.servers, pytest.mark.long]


def trainings() -> list[Any]:
    """Every run of the deployment train_model that has a reason."""
    with get_client(sync_client=True) as client:
        named = DeploymentFilter(name=DeploymentFilterName(any_=["train_model"]))
        runs = client.read_flow_runs(deployment_filter=named)
    return [run for run in runs if run.parameters.get("reason")]


def mlflow() -> MlflowClient:
    return MlflowClient(locate(get_settings()).mlflow.render_as_string(hide_password=False))


@pytest.fixture(scope="module")
def shifted(engine: Engine, working: Child) -> Iterator[str]:
    """A market whose leads are of another kind since the champion (its version) learned."""
    settings, now = get_settings(), datetime.now(UTC)
    simulate(engine, settings, seed=12, leads=1800, months=12.0, reps=4, now=now)
    learned = learning.learn_challenger(unit_of_work, settings, now)
    approve(learned, settings, now)
    with unit_of_work(engine) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        statement = "UPDATE leads SET company_size = company_size * 50 WHERE created_at > :since"
        session.execute(text(statement), {"since": now - timedelta(days=150)})
    yield learned.version

    empty(engine)
    forget_models(settings)  # other files begin without a champion


@pytest.fixture(scope="module")
def training(shifted: str) -> Any:
    """The run that two checks of one day have started, when it has ended. The checks wish for it,
    and a background process starts it."""
    from flows.monitor_model import monitor_model

    for _ in range(2):
        assert "Company size" in monitor_model()
    deadline = time.monotonic() + 180
    with running(get_settings()):
        while not (runs := trainings()) or not runs[0].state.is_final():
            assert time.monotonic() < deadline, runs
            time.sleep(1)
    assert len(runs) == 1
    return runs[0]


def test_the_check_shows_what_it_found(training: Any, shifted: str) -> None:
    report = newest_artifact("model-health")
    assert report.startswith("# Time to train anew")
    assert "| Company size |" in report
    with unit_of_work() as session:
        checks = session.scalars(select(ModelCheck)).all()
    assert [check.model_version for check in checks] == [f"model {shifted}"] * 2


def test_training_was_started_once_with_the_reason_and_tells_it(
    training: Any, shifted: str
) -> None:
    assert training.state.is_completed()
    reason = training.parameters["reason"]
    assert reason.startswith("Recent leads differ from those the model learned from: Company size")
    assert f"**Why it was trained.** {reason}" in newest_artifact("training-report")
    challenger = learning.registry(get_settings()).challenger()
    assert challenger is not None
    assert challenger.version != shifted
    assert mlflow().get_run(challenger.run_id).data.tags["trigger"] == reason


def test_the_new_challenger_scores_beside_the_champion(training: Any, shifted: str) -> None:
    from flows.monitor_model import monitor_model
    from flows.score_leads import score_leads

    challenger = learning.registry(get_settings()).challenger()
    assert challenger is not None
    count = score_leads(everything=True)  # the background has scored them since
    with unit_of_work() as session:
        beside = select(func.count(), func.min(ShadowScore.model_version)).select_from(ShadowScore)
        assert session.execute(beside).one() == (count, challenger.version)
        shown = session.scalars(select(LeadScore.model_version).distinct()).all()
    assert shown == [shifted]
    monitor_model()
    assert f"With challenger {challenger.version}, " in newest_artifact("model-health")
    assert len(trainings()) == 1
