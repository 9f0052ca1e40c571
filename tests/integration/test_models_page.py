"""The page of the models says what serves, whether it holds, what waits, and why to train."""

import re
from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.evidence import Evidence
from leadflow.approvals.service import Proposal
from leadflow.charts.figures import Chart
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.scoring.monitoring.standing_now import what_matters
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.scoring.serving.score import score_these
from leadflow.scoring.serving.tables import ServingModel
from leadflow.settings import get_settings
from models.rubric import Rubric
from tests.deciders import settle, signed_in_already

NOW = datetime.now(UTC)


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def asked(version: str, evidence: Evidence) -> str:
    with unit_of_work() as session:
        question = Proposal(
            kind="model_promotion",
            subject_id=f"{get_settings().model_name}/{version}",
            act="promote_model",
            payload={"version": version, "sha256": "ab" * 32},
            description=f"# Version {version}",
            requested_by="train_model",
            evidence=evidence,
        )
        return approvals.propose(session, question, NOW).id


def check(days: int, ratio: float, reasons: list[str]) -> ModelCheck:
    return ModelCheck(
        checked_at=NOW - timedelta(days=days),
        model_version="model 3",
        reasons=reasons,
        findings={
            "new_outcomes": 40,
            "drift": {"words": "Leads look alike.", "features": [{"label": "I", "psi": 0.3}]},
            "calibration": {
                "words": "Probabilities are too low.",
                "ratio": [ratio, ratio - 0.2, ratio + 0.2],
                "table": [{"leads": 50, "predicted": 0.1, "observed": 0.14}],
            },
            "shadow": None,
        },
    )


def test_while_the_rubric_scores_it_says_so_and_what_moves_scores(
    store: Engine, client: TestClient
) -> None:
    with unit_of_work() as session:
        lead = Lead(source="test", job_title="CEO", created_at=NOW, known_from=NOW)
        session.add(lead)
        session.flush()
        score_these(session, Rubric.load(), [lead.id], NOW, get_settings())
        named, points = what_matters(session)[0]
    page = text_of(client.get("/console/models").text)
    assert "The expert rubric scores" in page
    assert "There was none yet." in page
    assert f"“{named}” moves scores most" in page
    assert points > 0


def test_what_serves_whether_it_holds_and_what_waits_are_told_first(
    store: Engine, client: TestClient
) -> None:
    chart = Chart("It ranked better", "<svg></svg>", ["a"], [["b"]])
    first = asked("3", Evidence(verdict="Proposed: approve.", charts=(chart,)))
    with unit_of_work() as session:
        settle(session, first, NOW)
        session.add(
            ServingModel(
                model_name=get_settings().model_name,
                version="3",
                sha256="ab" * 32,
                regime="blend",
                approval_id=first,
                since=NOW - timedelta(days=30),
                how="approved",
            )
        )
        session.add_all([check(2, 1.1, []), check(1, 1.4, ["More converted than expected."])])
        session.add(
            TrainingRun(
                model_name=get_settings().model_name,
                began_at=NOW,
                leads=900,
                ended_as="asked",
                version="4",
            )
        )
    second = asked("4", Evidence(asks="Let version 4 serve?", verdict="It is better."))
    page = client.get("/console/models").text
    said = text_of(page)
    assert "Version 3 of the model serves: time to train anew" in said
    assert "More converted than expected." in said
    assert f'<a href="/console/approvals/{second}">Let version 4 serve?</a>' in page
    assert "1.40 times as many convert as predicted: beyond 1.25 times" in said
    assert "Leads look other than they did" in said
    assert "It ranked better" in said
    assert "score together, for outcomes are few yet" in said
    assert "people were asked" in said
    picture = client.get("/console/models/calibration.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "prefers-color-scheme: dark" in picture.text
    assert client.get("/console/models/matters.svg").status_code == 404


def test_a_salesperson_does_not_see_the_models(store: Engine, anonymous: TestClient) -> None:
    with unit_of_work() as session:
        person = add_person(session, "ann", "Ann", ["sales_rep"], "test")
        headers = {"Authorization": f"Bearer {signed_in_already(session, person)}"}
    assert anonymous.get("/console/models", headers=headers).status_code == 403
