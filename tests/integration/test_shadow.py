"""A challenger scores beside the champion: kept once, shown to nobody, in nobody's way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.feature import Feature
from features.moments import all_leads
from leadflow.assignment.insight.overview import best_leads
from leadflow.assignment.routing import sweep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.cli.console import console
from leadflow.cli.status import status
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.serving.score import current_score, score_leads
from leadflow.scoring.serving.tables import ShadowScore
from leadflow.settings import get_settings
from models.encoding import FeaturesMissing
from models.rubric import Rubric
from models.scores import Regime, Scores

NOW = datetime(2030, 1, 1, tzinfo=UTC)
STUDENT = {"email": "sam@gmail.com", "job_title": "Student", "timeline": "just looking"}


@dataclass(frozen=True)
class Enthusiast:
    """Gives everyone 60 points more than the rubric does, or fails in some way."""

    fails: str = ""
    version: str = "42"
    regime: Regime = "model"

    @property
    def features(self) -> tuple[Feature, ...]:
        return Rubric.load().features

    def score_rows(self, leads: Sequence[Mapping[str, object]]) -> Scores:
        return Rubric.load().score_rows(leads)

    def score_one(self, values: Mapping[str, object]) -> Scores:
        """As the rubric does: nobody asks a shadow for one lead."""
        return Rubric.load().score_one(values)

    def usual(self, name: str) -> object | None:
        return Rubric.load().usual(name)

    def score(self, frame: pd.DataFrame) -> Scores:
        if self.fails == "lacks a feature":
            raise FeaturesMissing("The frame lacks plan.")
        found = Rubric.load().score(frame)
        added = 60.0 / len(found.features)
        chance = found.probability * (float("nan") if self.fails == "breaks a rule" else 1.0)
        return replace(
            found,
            contributions=found.contributions + added,
            probability=chance + (2.0 if self.fails == "is no chance" else 0.0),
            regime="model",
            version=self.version,
        )


def score_all(shadow: Enthusiast | None) -> None:
    with unit_of_work() as session:
        score_leads(session, Rubric.load(), all_leads(NOW), NOW, get_settings(), shadow)


def shown(client: TestClient, lead_id: str) -> list[Any]:
    """Everything a person or a program is told of a lead's score."""
    with console.capture() as told:
        status()
    with unit_of_work() as session:
        best = best_leads(session, 10)
        score = current_score(session, lead_id)
    answer = client.get(f"/leads/{lead_id}/status").json()
    return [answer, best, told.get(), score.total_score, score.level, score.model_version]


def test_what_the_challenger_says_is_kept_and_shown_to_nobody(
    client: TestClient, tmp_path: Path
) -> None:
    lead_id = client.post("/leads", json=STUDENT).json()["lead"]["id"]
    team = tmp_path / "team.yaml"
    team.write_text("reps:\n  - {id: one, name: One, capacity: 10}")
    with unit_of_work() as session:
        store_team(session, load_team(team))
    score_all(None)
    before = shown(client, lead_id)
    score_all(Enthusiast())
    with unit_of_work() as session:
        kept = session.scalars(select(ShadowScore)).one()
        assert (kept.lead_id, kept.as_of, kept.model_version) == (lead_id, NOW, "42")
        assert kept.points == pytest.approx(current_score(session, lead_id).points + 60.0)
        assert kept.level == "hot"
        assert kept.total_score == pytest.approx(min(kept.points, 100.0))
    assert shown(client, lead_id) == before
    assert before[4] in ("cold", "unqualified")
    with unit_of_work() as session:
        assert sweep.sweep(session, get_settings(), None, NOW).assigned == 0


def test_the_same_moment_twice_is_kept_once(client: TestClient) -> None:
    client.post("/leads", json=STUDENT)
    score_all(Enthusiast())
    score_all(Enthusiast())
    score_all(Enthusiast(version="43"))
    with unit_of_work() as session:
        versions = session.scalars(select(ShadowScore.model_version)).all()
    assert sorted(versions) == ["42", "43"]


@pytest.mark.parametrize("how", ["lacks a feature", "breaks a rule", "is no chance"])
def test_a_challenger_that_fails_does_not_stop_the_champion(client: TestClient, how: str) -> None:
    lead_id = client.post("/leads", json=STUDENT).json()["lead"]["id"]
    score_all(Enthusiast(fails=how))
    with unit_of_work() as session:
        assert current_score(session, lead_id).as_of == NOW
        assert session.scalars(select(ShadowScore)).all() == []


def test_a_lead_that_is_erased_takes_its_shadow_scores_along(client: TestClient) -> None:
    lead_id = client.post("/leads", json=STUDENT).json()["lead"]["id"]
    score_all(Enthusiast())
    with unit_of_work() as session:
        session.delete(session.get_one(Lead, lead_id))
    with unit_of_work() as session:
        assert session.scalars(select(ShadowScore)).all() == []


def test_writing_from_one_session_twice_works(client: TestClient, session: Session) -> None:
    client.post("/leads", json=STUDENT)
    for version in ("1", "2"):
        shadow = Enthusiast(version=version)
        score_leads(session, Rubric.load(), all_leads(NOW), NOW, get_settings(), shadow)
    assert len(session.scalars(select(ShadowScore)).all()) == 2
