"""What every answer says to browsers, and that bad input is a problem of the caller, never ours."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.gateway.api.operating import health

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    "path", ["/health", "/leads/none", "/nowhere", "/docs", "/openapi.json", "/console/sign-in"]
)
def test_every_answer_says_what_browsers_may_do_with_it(anonymous: TestClient, path: str) -> None:
    answer = anonymous.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy or "default-src 'self'" in policy


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(client: TestClient) -> None:
    answer = client.put("/leads", json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    # By its form it could be the id of a delivery, which can be read.
    assert client.options("/deliveries/retry").headers["allow"] == "POST"


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"email": "a@example.com",}', b"NaN"])
def test_a_body_that_is_not_json_is_said_to_be_none(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/leads", content=body, headers=headers)
    assert answer.status_code in {400, 422}, answer.text
    if body != b"NaN":
        assert answer.status_code == 400
        assert answer.json()["type"] == "/problems/bad-request"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/session", {"username": "a\x00b", "password": "x"}),
        ("POST", "/session", {"username": "a", "password": "x\x00"}),
        ("GET", "/leads/lead_%00", None),
        ("GET", "/leads/%F0%9F%92%A9", None),
        ("GET", "/people/a%00", None),
        ("GET", "/console/sign-in?next=%00", None),
        ("POST", "/rules/assignment/restore/2211342063907382", {}),
        ("POST", "/team/versions/2211342063907382/restore", {}),
        ("POST", "/team/versions/99999999999999999999999/restore", {}),
        ("PUT", "/leads/lead_none/training-flag", {"reason": "wrong"}),
        ("POST", "/quality/items/none/review", {"judgement": "agree"}),
    ],
)
def test_bad_input_is_a_problem_of_the_caller(
    client: TestClient, method: str, path: str, body: Any
) -> None:
    answer = client.request(method, path, json=body)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)


def test_forms_with_a_nul_are_refused(anonymous: TestClient) -> None:
    for path, form in (
        ("/console/sign-in", {"username": "a\x00", "password": "b"}),
        ("/console/sign-in", {"username": "a", "password": "b", "next": "\x00"}),
    ):
        assert anonymous.post(path, data=form).status_code == 422


def test_nobody_is_signed_in_by_another_site_s_page(anonymous: TestClient, store: Engine) -> None:
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["analyst"], "test", password=PASSWORD)
    said = {"username": "ana", "password": PASSWORD}
    for origin in ("http://evil.example", "null", "http://testserver.evil.example"):
        foreign = {"Origin": origin}
        assert anonymous.post("/session", json=said, headers=foreign).status_code == 403
        assert anonymous.post("/console/sign-in", data=said, headers=foreign).status_code == 403
        assert not anonymous.cookies
    own = {"Origin": "http://testserver"}
    assert anonymous.post("/session", json=said, headers=own).status_code == 201
    assert anonymous.post("/session", json=said).status_code == 201


def test_health_says_when_nothing_can_be_written_and_that_it_lives_all_the_same(
    anonymous: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    health._cannot_write.cache_clear()
    assert anonymous.get("/health").json()["parts"]["database"]["status"] == "ok"
    health._cannot_write.cache_clear()

    class Full:
        def connect(self) -> Any:
            return get_engine().connect()

        def begin(self) -> Any:
            raise psycopg.errors.DiskFull("could not extend file")

    monkeypatch.setattr(health, "get_engine", Full)
    answer = anonymous.get("/health")
    assert answer.status_code == 503
    assert "cannot write (DiskFull)" in answer.json()["parts"]["database"]["detail"]
    assert anonymous.get("/health/live").status_code == 204
    health._cannot_write.cache_clear()
