"""A lead is taken in, scored and answered in one request; errors say what to do."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from leadflow.accounts.keys import revoke_keys
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.qualification.tables import AiQualification
from leadflow.scoring.tables import LeadScore

BODY: dict[str, Any] = {
    "email": "john.doe@techcorp.com",
    "company_name": "TechCorp Inc",
    "company_size": 150,
    "industry": "technology",
    "job_title": "VP of Marketing",
    "location": "San Francisco, CA",
    "budget": 25000,
    "timeline": "1-3 months",
    "service_requirements": ["marketing automation", "crm integration"],
    "website_visits": 8,
    "email_opens": 5,
    "content_downloads": 2,
}


def count(table: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_lead_is_stored_scored_and_explained_in_one_request(client: TestClient) -> None:
    response = client.post("/leads", json=BODY)
    assert response.status_code == 201, response.text
    answer = response.json()
    for name, value in BODY.items():
        assert answer["lead"][name] == value
    score = answer["score"]
    assert 0 <= score["total"] <= 100
    assert set(score["dimensions"]) == {"demographic", "behavioural", "engagement", "fit", "ai"}
    assert len(score["reasons"]) >= 3
    assert score["regime"] == "rubric"
    assert score["level"] == "hot"
    assert answer["next_step"]
    status = client.get(f"/leads/{answer['lead']['id']}/status").json()
    assert status["score"] == score
    assert status["owner"] is None
    assert status["next_step"] == answer["next_step"]


def test_total_and_dimensions_are_sums_of_the_same_points(client: TestClient) -> None:
    client.post("/leads", json=BODY)
    with unit_of_work() as session:
        score = session.scalars(select(LeadScore)).one()
    assert score.points == pytest.approx(50 + sum(score.contributions.values()), abs=1e-6)


def test_the_same_email_updates_the_lead(client: TestClient) -> None:
    first = client.post("/leads", json=BODY)
    again = client.post(
        "/leads", json={"email": " John.Doe@TechCorp.com ", "budget": 50000, "website_visits": 20}
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["lead"]["id"] == first.json()["lead"]["id"]
    assert again.json()["lead"]["budget"] == 50000
    assert again.json()["lead"]["company_name"] == "TechCorp Inc"
    assert not again.json()["created"]
    assert (count(Lead), count(LeadScore)) == (1, 2)


def test_thirty_requests_at_once_with_one_email_make_one_lead(client: TestClient) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(
                lambda size: client.post("/leads", json=BODY | {"company_size": size}),
                range(1, 31),
            )
        )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert [answer.status_code for answer in answers].count(201) == 1
    assert count(Lead) == 1
    with unit_of_work() as session:
        current = session.scalars(select(LeadScore).where(LeadScore.is_current)).all()
    assert len(current) == 1


def test_bad_input_names_each_field_and_stores_nothing(client: TestClient) -> None:
    bad = BODY | {"email": "not-an-address", "company_size": -5, "budget": "much", "color": "red"}
    response = client.post("/leads", json=bad)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "/problems/invalid-input"
    named = {error["field"] for error in problem["errors"]}
    assert {"email", "company_size", "budget", "color"} <= named
    assert "not-an-address" not in response.text
    assert count(Lead) == 0


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"'])
def test_a_body_that_is_no_lead_is_a_problem_too(client: TestClient, body: str) -> None:
    response = client.post("/leads", content=body, headers={"content-type": "application/json"})
    assert response.status_code == (400 if body == "{" else 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_request_sent_twice_under_one_key_is_taken_once(client: TestClient) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first = client.post("/leads", json=BODY, headers=headers)
    again = client.post("/leads", json=BODY, headers=headers)
    other = client.post("/leads", json=BODY | {"budget": 1}, headers=headers)
    assert first.json()["lead"]["id"] == again.json()["lead"]["id"]
    assert again.headers["Idempotent-Replay"] == "true"
    assert count(LeadScore) == 1
    assert (other.status_code, other.json()["type"]) == (409, "/problems/idempotency-key-reused")


@pytest.mark.parametrize("path", ["/leads/lead_none/status", "/nothing/here"])
def test_what_is_not_there_is_a_404_problem(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


# A webhook proves by its signature whose it is: tests/integration/sources.
PUBLIC = {
    ("get", "/health"),
    ("get", "/health/live"),
    ("post", "/session"),
    ("post", "/webhooks/{source}"),
}


def test_every_route_but_health_and_the_sign_in_needs_a_caller(anonymous: TestClient) -> None:
    document = anonymous.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            response = anonymous.request(method, path.replace("{lead_id}", "lead_1"), json=BODY)
            if (method, path) in PUBLIC:
                assert "x-permission" not in said
            else:
                assert (response.status_code, "x-permission" in said) == (401, True), path
    assert count(Lead) == 0


def test_an_unknown_and_a_revoked_key_are_refused(client: TestClient) -> None:
    assert client.get("/leads/x/status", headers={"X-API-Key": "lf_wrong"}).status_code == 401
    key = client.headers["X-API-Key"]
    del client.headers["X-API-Key"]
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.get("/leads/x/status", headers=bearer).status_code == 404
    with unit_of_work() as session:
        revoke_keys(session, "test")
    deadline = time.monotonic() + 5
    while (refused := client.get("/leads/x/status", headers=bearer)).status_code != 401:
        assert time.monotonic() < deadline, "a revoked key is still taken"
        time.sleep(0.1)
    assert refused.headers["www-authenticate"] == "Bearer"


def test_health_names_every_part(anonymous: TestClient) -> None:
    response = anonymous.get("/health")
    assert response.status_code == 200
    health = response.json()
    assert set(health["parts"]) == {
        "database",
        "model",
        "background",
        "prefect",
        "mlflow",
        "sending",
    }
    assert health["parts"]["database"]["status"] == "ok"
    assert health["parts"]["prefect"]["status"] == "down"
    assert health["status"] == "degraded"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_loads_nothing_from_elsewhere(anonymous: TestClient, path: str) -> None:
    page = anonymous.get(path)
    assert page.status_code == 200
    assert "https://cdn" not in page.text
    assert "fonts.googleapis" not in page.text


def test_the_document_of_the_api_says_that_errors_are_problems(anonymous: TestClient) -> None:
    document = anonymous.get("/openapi.json").json()
    answers = document["paths"]["/leads"]["post"]["responses"]
    for status in ("401", "409", "422", "503"):
        assert "application/problem+json" in answers[status]["content"]


def test_a_score_says_whether_ai_was_asked(client: TestClient) -> None:
    answer = client.post("/leads", json=BODY).json()
    lead_id = answer["lead"]["id"]

    def told() -> set[str]:
        status = client.get(f"/leads/{lead_id}/status").json()
        return {status["score"]["ai"], client.post("/leads", json=BODY).json()["score"]["ai"]}

    assert answer["score"]["ai"] == "not asked"
    assert told() == {"not asked"}
    asking = {
        "lead_id": lead_id,
        "asked_at": datetime.now(UTC),
        "content_hash": "h",
        "prompt_version": "1",
        "prompt": "p",
        "model": "m",
        "tokens_in": 1,
        "tokens_out": 1,
        "cost_micro": 0,
        "cost_currency": "USD",
    }
    with unit_of_work() as session:
        session.add(AiQualification(status="not_answered", error="timeout", **asking))
    assert told() == {"not answered"}
    answered = {"known_at": datetime.now(UTC), "score": 100.0, "confidence": 1.0}
    with unit_of_work() as session:
        session.add(AiQualification(status="answered", qualification={}, **answered, **asking))
    assert told() == {"answered"}
    score = client.get(f"/leads/{lead_id}/status").json()["score"]
    assert score["dimensions"]["ai"] == 60.0
