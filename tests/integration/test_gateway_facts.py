"""Events, outcomes and edits arrive over HTTP, once each, and count at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from features.definitions import DEFINITIONS
from leadflow.assignment.routing.sweep import sweep
from leadflow.assignment.tables import Assignment, RepLoad
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.lead_answers import UNSCORED
from leadflow.leads.declares import EVENT_TYPES
from leadflow.leads.schemas import LeadIn
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent, Outcome
from leadflow.leads.upsert import upsert_lead
from leadflow.scoring.serving.feature_frames import read_training_set
from leadflow.scoring.serving.score import score_lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from leadflow.simulation.catalogue import EVENTS
from models.rubric import Rubric

BODY: dict[str, Any] = {
    "email": "john.doe@techcorp.com",
    "company_size": 150,
    "industry": "technology",
    "job_title": "VP of Marketing",
    "location": "San Francisco, CA",
    "budget": 25000,
    "currency": "EUR",
    "timeline": "1-3 months",
    "website_visits": 8,
}


@pytest.fixture
def lead_id(client: TestClient) -> str:
    answer = client.post("/leads", json=BODY)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["lead"]["id"])


def count(table: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_one_event_is_stored_and_scored_in_the_request(client: TestClient, lead_id: str) -> None:
    before = client.get(f"/leads/{lead_id}/score").json()
    answer = client.post(f"/leads/{lead_id}/events", json={"type": "meeting"})
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["lead_id"], said["new"], said["known"]) == (lead_id, 1, 0)
    assert said["score"]["total"] > before["total"]
    assert "meetings" in {reason["feature"] for reason in said["score"]["reasons"]}
    explained = client.get(f"/leads/{lead_id}/score").json()
    assert explained.items() >= said["score"].items()
    points = 50 + sum(explained["contributions"].values())
    assert explained["total"] == pytest.approx(min(100, max(0, points)), abs=0.051)
    assert (count(LeadEvent), count(LeadScore), count(ChangedLead)) == (1, 2, 0)


def test_a_list_of_events_is_stored_whole_and_scored_once(client: TestClient, lead_id: str) -> None:
    kinds = cycle(known.name for known in EVENT_TYPES)
    events = [
        {"type": next(kinds), "occurred_at": in_hours(-n), "external_id": f"{n}", "source": "mail"}
        for n in range(1000)
    ]
    answer = client.post(f"/leads/{lead_id}/events", json=events)
    assert (answer.status_code, answer.json()["new"]) == (201, 1000)
    assert (count(LeadEvent), count(LeadScore)) == (1000, 2)


def test_an_event_sent_again_is_stored_once(client: TestClient, lead_id: str) -> None:
    twice = [{"type": "email_open", "external_id": "7", "source": "mail"}] * 2
    first = client.post(f"/leads/{lead_id}/events", json=twice)
    again = client.post(f"/leads/{lead_id}/events", json=twice[0])
    assert (first.status_code, first.json()["new"], first.json()["known"]) == (201, 1, 1)
    assert (again.status_code, again.json()["new"], again.json()["known"]) == (200, 0, 1)
    elsewhere = client.post(f"/leads/{lead_id}/events", json=twice[0] | {"source": "web"})
    assert (elsewhere.status_code, count(LeadEvent)) == (201, 2)


def test_events_without_ids_are_taken_once_under_an_idempotency_key(
    client: TestClient, lead_id: str
) -> None:
    path, key = f"/leads/{lead_id}/events", {"Idempotency-Key": "batch-1"}
    first = client.post(path, json=[{"type": "website_visit"}], headers=key)
    again = client.post(path, json=[{"type": "website_visit"}], headers=key)
    other = client.post(path, json={"type": "email_open"}, headers=key)
    assert (first.status_code, first.json()["new"]) == (201, 1)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (201, "true")
    assert again.json() == first.json()
    assert (other.status_code, other.json()["type"]) == (409, "/problems/idempotency-key-reused")
    assert count(LeadEvent) == 1


def test_an_event_known_as_another_leads_is_refused_and_nothing_stored(
    client: TestClient, lead_id: str
) -> None:
    other = client.post("/leads", json={"email": "ada@example.com"}).json()["lead"]["id"]
    event = {"type": "meeting", "external_id": "7"}
    assert client.post(f"/leads/{lead_id}/events", json=event).status_code == 201
    answer = client.post(f"/leads/{other}/events", json=[{"type": "meeting"}, event])
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/event-id-taken")
    assert "7" in answer.json()["detail"]
    assert count(LeadEvent) == 1


def test_an_unknown_type_of_event_is_refused_with_the_near_ones_and_how_to_add_it(
    client: TestClient, lead_id: str
) -> None:
    sent = [{"type": "meeting"}, {"type": "meetings"}]
    answer = client.post(f"/leads/{lead_id}/events", json=sent)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-event-type")
    said = answer.json()["detail"]
    assert "Did you mean meeting" in said
    assert "leadflow events import" in said
    assert count(LeadEvent) == 0


def test_every_type_of_event_that_features_count_or_markets_show_is_known() -> None:
    needs = [need for definition in DEFINITIONS for need in definition.needs]
    counted = {need.counts_as for need in needs if need.counts_as is not None}
    assert len(counted) > 5
    of_reps = {known.name for known in EVENT_TYPES if known.done_by == "rep"}
    assert {known.name for known in EVENT_TYPES} == counted | set(EVENTS) | of_reps


@pytest.mark.parametrize(
    ("path", "body"), [("events", {"type": "meeting"}), ("outcomes", {"outcome": "lost"})]
)
def test_a_moment_that_is_no_past_moment_is_refused(
    client: TestClient, lead_id: str, path: str, body: dict[str, str]
) -> None:
    refused = {
        in_hours(1): "/problems/moment-in-future",
        "2026-01-01T10:00:00": "/problems/invalid-input",
        "0001-01-01T00:00:00+14:00": "/problems/invalid-input",
        "yesterday": "/problems/invalid-input",
    }
    for moment, kind in refused.items():
        answer = client.post(f"/leads/{lead_id}/{path}", json=body | {"occurred_at": moment})
        assert (answer.status_code, answer.json()["type"]) == (422, kind), moment
    assert (count(LeadEvent), count(Outcome), count(LeadScore)) == (0, 0, 1)


def test_a_clock_a_little_ahead_counts_as_now(client: TestClient, lead_id: str) -> None:
    ahead = {"type": "meeting", "occurred_at": in_hours(0.05)}
    answer = client.post(f"/leads/{lead_id}/events", json=ahead)
    assert answer.status_code == 201
    with unit_of_work() as session:
        event = session.scalars(select(LeadEvent)).one()
    assert event.occurred_at == event.known_at
    assert "meetings" in {reason["feature"] for reason in answer.json()["score"]["reasons"]}


@pytest.mark.parametrize(
    "body", [[], [{"type": "meeting"}] * 1001, "x", None, {"type": "meeting", "color": "red"}]
)
def test_what_is_no_event_is_a_problem(client: TestClient, lead_id: str, body: Any) -> None:
    answer = client.post(f"/leads/{lead_id}/events", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert count(LeadEvent) == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/score", None),
        ("PATCH", "", {"budget": 1}),
        ("POST", "/events", {"type": "meeting"}),
        ("POST", "/outcomes", {"outcome": "lost"}),
        ("POST", "/score-override", {"new_score": 50, "reason": "r", "override_by": "o"}),
        ("DELETE", "/score-override", None),
    ],
)
def test_facts_of_a_lead_that_is_not_there_are_a_404(
    client: TestClient, method: str, path: str, body: Any
) -> None:
    answer = client.request(method, f"/leads/lead_none{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/lead-not-found")


def test_ten_senders_at_once_leave_one_score_that_knows_every_event(
    client: TestClient, lead_id: str
) -> None:
    path = f"/leads/{lead_id}/events"
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post(path, json={"type": "meeting"}), range(10)))
    assert {answer.status_code for answer in answers} == {201}
    reasons = client.get(f"/leads/{lead_id}/score").json()["reasons"]
    assert any("10" in reason["text"] for reason in reasons if reason["feature"] == "meetings")


def test_an_outcome_frees_the_salesperson_and_is_learned_from(
    client: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "team.yaml").write_text("reps:\n  - {id: one, name: One, capacity: 1}")
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        now = datetime.now(UTC)
        # Known for so long that it was open at whatever age it is looked at in training.
        lead, _ = upsert_lead(session, LeadIn(**BODY), now - timedelta(days=60), mark=False)
        lead_id = lead.id
        score_lead(session, Rubric.load(), lead_id, now, get_settings())
        assert sweep(session, get_settings(), None, now).assigned == 1
    assert client.get(f"/leads/{lead_id}/status").json()["owner"]["name"] == "One"
    answer = client.post(
        f"/leads/{lead_id}/outcomes",
        json={"outcome": "converted", "value": 1200.5, "currency": "EUR"},
    )
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["outcome"], said["value"], said["currency"]) == ("converted", 1200.5, "EUR")
    assert said["next_step"] == "Nothing: the lead has converted."
    status = client.get(f"/leads/{lead_id}/status").json()
    assert (status["owner"], status["outcome"]) == (None, "converted")
    with unit_of_work() as session:
        assert session.scalars(select(Assignment.end_reason)).one() == "converted"
        assert session.scalars(select(RepLoad.open_leads)).all() == [0]
        known = read_training_set(session, now + timedelta(days=200), timedelta(days=90))
    assert (list(known.frame.index), list(known.converted)) == ([lead_id], [1])


def test_an_outcome_sent_again_changes_only_what_it_says(client: TestClient, lead_id: str) -> None:
    path = f"/leads/{lead_id}/outcomes"
    first = client.post(path, json={"outcome": "converted", "value": 10})
    again = client.post(path, json={"outcome": "converted"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"created": False}
    assert first.json()["currency"] == get_settings().default_currency
    moved = client.post(
        path, json={"outcome": "converted", "occurred_at": "2026-01-05T10:00:00+01:00"}
    )
    assert moved.json()["occurred_at"] == "2026-01-05T09:00:00Z"
    assert moved.json()["value"] == 10
    assert count(Outcome) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "maybe"},
        {"outcome": "converted", "value": -1},
        {"outcome": "converted", "currency": "EUR"},
        {"outcome": "converted", "value": 1, "currency": "euro"},
    ],
)
def test_what_is_no_outcome_is_a_problem(
    client: TestClient, lead_id: str, body: dict[str, Any]
) -> None:
    answer = client.post(f"/leads/{lead_id}/outcomes", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert count(Outcome) == 0


def test_an_edit_changes_what_is_sent_and_scores_anew(client: TestClient, lead_id: str) -> None:
    before = client.get(f"/leads/{lead_id}").json()
    answer = client.patch(f"/leads/{lead_id}", json={"budget": 90000, "industry": None})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    expected = {"budget": 90000, "industry": None, "updated_at": after["lead"]["updated_at"]}
    assert after["lead"] == before["lead"] | expected
    assert after["score"]["as_of"] > before["score"]["as_of"]
    assert client.get(f"/leads/{lead_id}").json() == after
    assert (count(LeadScore), count(ChangedLead)) == (2, 0)


def test_an_edit_keeps_what_belongs_to_a_field(client: TestClient, lead_id: str) -> None:
    changes = {"currency": "CHF", "country": "Canada", "attributes": {"plan": "pro"}}
    lead = client.patch(f"/leads/{lead_id}", json=changes).json()["lead"]
    assert (lead["budget"], lead["currency"]) == (25000, "CHF")
    assert (lead["location"], lead["attributes"]) == ("San Francisco, CA", {"plan": "pro"})
    with unit_of_work() as session:
        assert session.get_one(Lead, lead_id).country == "CA"
    client.patch(f"/leads/{lead_id}", json={"budget": None})
    refused = client.patch(f"/leads/{lead_id}", json={"currency": "CHF"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no-budget")


def test_an_edit_of_the_address_finds_the_lead_by_the_new_one(
    client: TestClient, lead_id: str
) -> None:
    edited = client.patch(f"/leads/{lead_id}", json={"email": "Jo@Example.com", "external_id": "9"})
    assert edited.json()["lead"]["email"] == "jo@example.com"
    found = client.post("/leads", json={"email": "jo@example.com"})
    assert (found.status_code, found.json()["lead"]["id"]) == (200, lead_id)
    assert client.patch(f"/leads/{lead_id}", json={"email": None}).json()["lead"]["email"] is None
    known_by_id = client.post("/leads", json={"email": "new@example.com", "external_id": "9"})
    assert known_by_id.json()["lead"]["id"] == lead_id


@pytest.mark.parametrize("identity", [{"email": "ada@example.com"}, {"external_id": "7"}])
def test_an_edit_cannot_take_another_leads_identity(
    client: TestClient, lead_id: str, identity: dict[str, str]
) -> None:
    client.post("/leads", json={"email": "ada@example.com", "external_id": "7"})
    answer = client.patch(f"/leads/{lead_id}", json=identity | {"budget": 1})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/lead-taken")
    assert "ada@example.com" not in answer.text
    assert client.get(f"/leads/{lead_id}").json()["lead"]["budget"] == 25000


@pytest.mark.parametrize(
    "body", [{"color": "red"}, {"company_size": -1}, {"email": "x"}, {"source": None}, [], "x"]
)
def test_an_edit_that_makes_no_sense_names_the_field(
    client: TestClient, lead_id: str, body: Any
) -> None:
    answer = client.patch(f"/leads/{lead_id}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert answer.json()["errors"]


def test_a_lead_that_was_never_scored_is_shown_without_a_score(client: TestClient) -> None:
    with unit_of_work() as session:
        lead = Lead(source="test", known_from=datetime.now(UTC))
        session.add(lead)
        session.flush()
    shown = client.get(f"/leads/{lead.id}").json()
    assert (shown["score"], shown["next_step"]) == (None, UNSCORED)
    assert client.get(f"/leads/{lead.id}/score").status_code == 404
