"""What MLflow opens where there is no Leadflow says of a lead what the gateway said."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from benchmarks.serving_models import ALIKE, ask, bare_environment, model_server
from features.definitions import DEFINITIONS
from leadflow.accounts.keys import create_key
from leadflow.database.cluster import locate
from leadflow.database.engine import unit_of_work
from leadflow.leads.schemas import EXAMPLE
from leadflow.scoring.learning import challenger
from leadflow.scoring.serving.feature_frames import read_one
from leadflow.scoring.tables import LeadScore
from leadflow.secret import server_sign_in
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.on_demand import OnDemand
from leadflow.supervisor.services import mlflow_server
from models.training import train
from tests.gateways import application
from tests.in_process import InProcess
from tests.integration.registered_models import approve
from tests.opened_elsewhere import BY_MLFLOW, answers
from tests.servers import forget_models, free_port, started
from tests.unit.models.made_up_leads import make

pytestmark = pytest.mark.uncounted
NAME = "opened-elsewhere"
NAMES = {"visits": "website_visits"}
LOOKED_AT = ("seniority", "budget", "website_visits", "has_phone")
COLUMNS = {
    "score": "total_score",
    "probability": "probability",
    "low": "probability_low",
    "high": "probability_high",
} | {name: name for name in ("demographic", "behavioural", "engagement", "fit", "ai", "confidence")}


@pytest.fixture
def settings(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A champion that was learned from features every lead has."""
    settings = get_settings()
    monkeypatch.setattr(settings, "model_name", NAME)
    monkeypatch.setattr(settings, "prefect_port", free_port())
    monkeypatch.setattr(settings, "mlflow_port", free_port())
    leads = make(600, seed=4)
    known = {item.feature.name: item.feature for item in DEFINITIONS}
    training = train(
        leads.frame.rename(columns=NAMES),
        leads.labels,
        leads.moments,
        [known[name] for name in LOOKED_AT],
    )
    forget_models(settings)
    learned = challenger.register(training, settings, datetime.now(UTC))
    approve(learned, settings, datetime.now(UTC), "to be looked at from elsewhere")
    yield settings
    forget_models(settings)


@pytest.fixture
def scored(settings: Settings) -> tuple[LeadScore, dict[str, Any]]:
    """A lead's score by the gateway, and its features as of that moment."""
    with InProcess(application()) as client:
        score = scored_by(client)
    with unit_of_work() as session:
        features = read_one(session, score.lead_id, score.as_of, ())
    assert features is not None
    return score, {name: features[name] for name in LOOKED_AT}


def scored_by(client: TestClient) -> LeadScore:
    with unit_of_work() as session:
        client.headers["X-API-Key"] = create_key(session, "elsewhere")
    answer = client.post("/leads", json=EXAMPLE)
    assert answer.status_code == 201, answer.text
    with unit_of_work() as session:
        score = session.scalars(select(LeadScore)).one()
        session.expunge(score)
    assert score.regime == "model"
    return score


def hold_alike(answer: Mapping[Any, Any], score: LeadScore) -> None:
    for ours, theirs in COLUMNS.items():
        assert answer[ours] == pytest.approx(getattr(score, theirs), abs=ALIKE), ours
    assert answer["reasons"] == score.reasons


def test_the_champion_opens_by_its_alias_without_leadflow_and_says_what_the_gateway_said(
    settings: Settings, scored: tuple[LeadScore, dict[str, Any]]
) -> None:
    score, features = scored
    where = locate(settings).mlflow.render_as_string(hide_password=False)
    opening = f"import mlflow; mlflow.set_tracking_uri({where!r})\n"
    opening += BY_MLFLOW.format(where=f"models:/{NAME}@champion")
    [answer] = answers(opening, [features])
    hold_alike(answer, score)


@pytest.mark.long
@pytest.mark.servers
def test_mlflow_serves_the_champion_in_a_bare_environment_from_behind_the_sign_in(
    settings: Settings, scored: tuple[LeadScore, dict[str, Any]], tmp_path: Path
) -> None:
    score, features = scored
    files = challenger.registry(settings)._files_of("1").removeprefix("file://")
    python = bare_environment(tmp_path / "bare", Path(files) / "requirements.txt")
    name, _, password = server_sign_in(settings, "mlflow").partition(":")
    env = {
        "MLFLOW_TRACKING_URI": settings.mlflow_url,
        "MLFLOW_TRACKING_USERNAME": name,
        "MLFLOW_TRACKING_PASSWORD": password,
    }
    waits = OnDemand(settings.host, settings.mlflow_port, partial(mlflow_server, settings))
    server = started(waits.service, settings)
    with closing(waits), closing(server):
        next(server)
        with model_server(python, f"models:/{NAME}@champion", env) as address:
            answer = ask(address, pd.DataFrame([features]))
    hold_alike(answer.to_dict("records")[0], score)
    shutil.rmtree(tmp_path / "bare")
