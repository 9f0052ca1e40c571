"""Whatever is sent again under its Idempotency-Key is done once, and answered the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text, update

from leadflow.accounts.people import add_person
from leadflow.accounts.tables import ApiKey
from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.approvals.tables import ApprovalStep
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.gateway.api import routers as api
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.permissions import every_route
from leadflow.intake import keyed_requests
from leadflow.intake.keyed_requests import KEPT, KeyedBatch, forget_answers
from leadflow.intake.tables import KeyedRow
from leadflow.leads.outcomes.tables import OutcomeSaid
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.quality.tables import QualityAction
from tests.deciders import signed_in_already

# Why nothing is kept of them under a key.
EXCEPTIONS = {
    "/session": "Signing in gives each time a token of its own, which is never kept.",
    "/leads/search": "It changes nothing, and names of leads are not kept by it.",
    "/webhooks/{source}": "Each delivery has its sender's own id.",
}
KEY = {"Idempotency-Key": "once"}
WHERE = "/quality/actions"
ACTION = {
    "decision_kind": "score",
    "what": "Look at the banks",
    "owner": "olga",
    "due_at": "2030-01-01T00:00:00Z",
}


@pytest.fixture
def admin(anonymous: TestClient) -> TestClient:
    with unit_of_work() as session:
        person = add_person(session, "olga", "Olga", ["admin"], "test")
        anonymous.headers["X-API-Key"] = signed_in_already(session, person)
    return anonymous


def count(table: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_post_of_the_api_is_taken_once_under_a_key(client: TestClient) -> None:
    ours = {id(route) for router in api.ROUTERS for route in router.routes}
    routes = every_route(client.app)  # type: ignore[arg-type]
    posts = [one for one in routes if id(one) in ours and "POST" in (one.methods or ())]
    assert len(posts) > 20
    without = {one.path for one in posts if not (isinstance(one, Keyed) and one.keyed)}
    assert without == EXCEPTIONS.keys()
    described = client.get("/openapi.json").json()["paths"]
    for route in posts:
        names = [one["name"] for one in described[route.path]["post"].get("parameters", [])]
        assert ("Idempotency-Key" in names) is (route.path not in EXCEPTIONS), route.path


def test_what_was_done_under_a_key_is_answered_again_and_not_done_again(admin: TestClient) -> None:
    first, again = (admin.post(WHERE, json=ACTION, headers=KEY) for _ in range(2))
    assert (first.status_code, "Idempotent-Replay" in first.headers) == (201, False)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (201, "true")
    assert again.content == first.content
    assert count(QualityAction) == 1
    assert admin.post(WHERE, json=ACTION).status_code == 201
    assert count(QualityAction) == 2


def test_another_body_or_address_under_the_key_is_refused(admin: TestClient) -> None:
    assert admin.post(WHERE, json=ACTION, headers=KEY).status_code == 201
    another = admin.post(WHERE, json=ACTION | {"what": "Others"}, headers=KEY)
    elsewhere = admin.post("/leads", json={"email": "a@example.com"}, headers=KEY)
    for answer in (another, elsewhere):
        said = (answer.status_code, answer.json()["type"])
        assert said == (409, "/problems/idempotency-key-reused")
    assert count(QualityAction) == 1


def test_a_key_is_its_callers_own(admin: TestClient) -> None:
    with unit_of_work() as session:
        other = signed_in_already(session, add_person(session, "omar", "Omar", ["admin"], "test"))
    for headers in (KEY, KEY | {"X-API-Key": other}):
        assert "Idempotent-Replay" not in admin.post(WHERE, json=ACTION, headers=headers).headers
    assert count(QualityAction) == 2


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_that_is_empty_or_too_long_is_refused(admin: TestClient, key: str) -> None:
    answer = admin.post(WHERE, json=ACTION, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert count(QualityAction) == 0


def test_what_is_refused_may_be_sent_again_under_its_key(admin: TestClient) -> None:
    close, wrong = f"{WHERE}/action_none/close", ACTION | {"what": ""}
    assert admin.post(close, headers=KEY).status_code == 404
    assert admin.post(WHERE, json=wrong, headers=KEY).status_code == 422
    assert admin.post(WHERE, json=ACTION, headers=KEY).status_code == 201
    assert (count(QualityAction), count(KeyedRow)) == (1, 1)


@pytest.mark.parametrize("broken", ["before the answer is kept", "after it"])
def test_where_it_fails_nothing_is_done_and_it_is_tried_again(
    admin: TestClient, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        if broken == "after it":
            # As where the process is killed between the two: neither is there.
            keep = KeyedBatch._keep
            patch.setattr(KeyedBatch, "_keep", lambda self, kept: fail(keep(self, kept)))
        else:
            patch.setattr(Keyed, "answer", fail)
        assert admin.post(WHERE, json=ACTION, headers=KEY).status_code == 500
    assert (count(QualityAction), count(KeyedRow)) == (0, 0)
    again = admin.post(WHERE, json=ACTION, headers=KEY)
    assert (again.status_code, "Idempotent-Replay" in again.headers) == (201, False)
    assert (count(QualityAction), count(KeyedRow)) == (1, 1)


def test_ten_that_arrive_at_once_are_one(admin: TestClient) -> None:
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(admin.post, WHERE, json=ACTION, headers=KEY) for _ in range(10)]
    answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replay" in answer.headers for answer in answers) == 9
    assert count(QualityAction) == 1


def test_who_waits_too_long_for_the_first_is_told_that_it_is_at_work(
    admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyed_requests, "PATIENCE_SECONDS", 0.1)
    mine = {"caller": admin.get("/me").json()["id"], "key": KEY["Idempotency-Key"]}
    with get_engine().connect() as connection:
        note = text("INSERT INTO keyed_requests (caller, key) VALUES (:caller, :key)")
        connection.execute(note, mine)
        answer = admin.post(WHERE, json=ACTION, headers=KEY)
        connection.rollback()
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/still-at-work")
    assert answer.headers["Retry-After"] == "1"
    assert admin.post(WHERE, json=ACTION, headers=KEY).status_code == 201


def test_a_secret_that_is_shown_once_is_not_kept(admin: TestClient) -> None:
    for path, body in (("/keys", {"name": "website"}), ("/people", {"username": "eva"})):
        wanted = body if path == "/keys" else body | {"roles": ["sales_rep"]}
        headers = {"Idempotency-Key": path}
        assert admin.post(path, json=wanted, headers=headers).status_code == 201
        again = admin.post(path, json=wanted, headers=headers)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/answer-not-kept")
    assert count(ApiKey) == 1
    with unit_of_work() as session:
        assert set(session.scalars(select(KeyedRow.answer))) == {None}


def test_what_a_refusal_writes_down_stays_written(admin: TestClient) -> None:
    """A decision on a question whose time is over: that it is over, is noted with the refusal."""
    with unit_of_work() as session:
        question = Proposal(
            "model_promotion",
            "made-up/9",
            "promote_model",
            {"version": "9", "sha256": "x"},
            "# Better",
            "train",
        )
        asked = approvals.propose(session, question, datetime.now(UTC))
        asked.escalate_to, asked.due_at = [], datetime.now(UTC) - timedelta(days=1)
    decision = {"decision": "approve", "reason": "It is better"}
    answer = admin.post(f"/approvals/{asked.id}/decision", json=decision, headers=KEY)
    assert answer.status_code == 409
    with unit_of_work() as session:
        steps = set(session.scalars(select(ApprovalStep.kind)))
    assert {"expired", "refused"} <= steps
    assert count(KeyedRow) == 0
    assert admin.get(f"/approvals/{asked.id}").json()["status"] == "expired"


def test_leads_events_and_outcomes_are_taken_once_with_their_first_answers(
    client: TestClient,
) -> None:
    def twice(path: str, body: Any) -> Any:
        headers = {"Idempotency-Key": path}
        first, again = (client.post(path, json=body, headers=headers) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201), first.text
        assert again.content == first.content
        assert again.headers["Idempotent-Replay"] == "true"
        return first.json()

    lead = f"/leads/{twice('/leads', {'email': 'ada@example.com'})['lead']['id']}"
    twice(f"{lead}/events", [{"type": "meeting"}])
    twice(f"{lead}/outcomes", {"outcome": "lost"})
    assert (count(Lead), count(LeadEvent), count(OutcomeSaid)) == (1, 1, 1)
    assert client.post("/leads/lead_none/events", json=[{"type": "meeting"}], headers=KEY)
    assert count(KeyedRow) == 3


def test_after_thirty_days_a_key_is_free_again(admin: TestClient) -> None:
    assert admin.post(WHERE, json=ACTION, headers=KEY).status_code == 201
    now = datetime.now(UTC)
    with unit_of_work() as session:
        assert forget_answers(session, now - KEPT) == 0
        session.execute(update(KeyedRow).values(taken_at=now - timedelta(days=31)))
        assert forget_answers(session, now - KEPT) == 1
    assert "Idempotent-Replay" not in admin.post(WHERE, json=ACTION, headers=KEY).headers
