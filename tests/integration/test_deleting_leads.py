"""A lead that is deleted is gone, with all that belongs to it and to those it stood for."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from leadflow.assignment.tables import RepLoad
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.audit.tables import AuditEntry, AuditReason
from leadflow.consent.suppressing import suppress_leads
from leadflow.database.engine import unit_of_work
from leadflow.tables import metadata
from tests.integration.follow_ups.test_follow_ups import assign, kind_of
from tests.integration.test_permissions import TEAM

# What keeps the bare id: what was decided, told and agreed to stays on record.
BY_ID = {"consent_events", "rule_firings", "domain_events", "assignment_decisions", "feature_news"}


@pytest.fixture
def lead(client: TestClient) -> str:
    """A lead with something of every kind."""
    sent = client.post("/leads", json={"email": "ada@example.com", "first_name": "Ada"})
    lead = str(sent.json()["lead"]["id"])
    for address, body in (
        ("events", {"type": "meeting"}),
        ("notes", {"text": "Likes tea"}),
        ("tasks", {"what": "Call"}),
        ("tags", {"tags": ["vip"]}),
        ("score-override", {"new_score": 52, "reason": "Ada told me so"}),
        ("outcomes", {"outcome": "converted"}),
        (
            "consent",
            {"purpose": "marketing", "channel": "email", "given": True, "evidence": "form"},
        ),
    ):
        answer = client.post(f"/leads/{lead}/{address}", json=body)
        assert answer.status_code < 300, (address, answer.text)
    return lead


def told_of(lead: str) -> dict[str, int]:
    """How many rows of each table are about a lead, where there are any."""
    found = {}
    with unit_of_work() as session:
        for table in metadata.sorted_tables:
            key = "id" if table.name == "leads" else "lead_id"
            if key in table.c:
                these = select(func.count()).select_from(table).where(table.c[key] == lead)
                found[table.name] = session.scalar(these) or 0
    return {name: count for name, count in found.items() if count}


def test_it_is_gone_with_all_that_was_known_of_it(client: TestClient, lead: str) -> None:
    before = told_of(lead)
    assert {"leads", "lead_events", "outcomes", "lead_scores", "lead_notes"} < before.keys()
    assert client.delete(f"/leads/{lead}").status_code == 204
    assert told_of(lead).keys() <= BY_ID
    for method in ("GET", "DELETE"):
        answer = client.request(method, f"/leads/{lead}")
        assert (answer.status_code, kind_of(answer)) == (404, "lead-not-found")
    again = client.post("/leads", json={"email": "ada@example.com"})
    assert again.status_code == 201
    assert again.json()["lead"]["id"] != lead


def test_the_log_says_that_it_was_deleted_and_keeps_no_word_of_it(
    client: TestClient, lead: str
) -> None:
    client.delete(f"/leads/{lead}")
    with unit_of_work() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "lead.deleted")).one()
        assert (entry.subject, entry.detail) == (lead, {"with": 0})
        kept = session.scalars(select(AuditReason.words).where(AuditReason.subject.contains(lead)))
        assert all("Ada" not in words for words in kept)


def test_leads_that_it_stands_for_go_with_it_and_are_not_deleted_alone(
    client: TestClient, lead: str
) -> None:
    other = client.post("/leads", json={"email": "ada@techcorp.com"}).json()["lead"]["id"]
    client.post(f"/leads/{lead}/merge", json={"other": other, "reason": "The same"})
    alone = client.delete(f"/leads/{other}")
    assert (alone.status_code, kind_of(alone)) == (410, "lead-merged")
    assert client.delete(f"/leads/{lead}").status_code == 204
    assert told_of(other).keys() <= BY_ID


def test_one_that_people_are_asked_about_stays_until_they_have_decided(
    client: TestClient, lead: str
) -> None:
    said = {"new_score": 99, "reason": "Met them"}
    assert client.post(f"/leads/{lead}/score-override", json=said).status_code == 202
    refused = client.delete(f"/leads/{lead}")
    assert (refused.status_code, kind_of(refused)) == (409, "lead-asked-about")
    assert told_of(lead)["leads"] == 1


def test_its_salesperson_has_room_for_another(client: TestClient, lead: str) -> None:
    second = client.post("/leads", json={"email": "bob@example.com"}).json()["lead"]["id"]
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        assign(session, second, "north-one")
        rep_id = find_rep(session, "north-one").id
    client.delete(f"/leads/{second}")
    with unit_of_work() as session:
        held = session.scalar(select(RepLoad.open_leads).where(RepLoad.rep_id == rep_id))
    assert held == 0


def test_an_address_that_is_suppressed_stays_so(client: TestClient, lead: str) -> None:
    with unit_of_work() as session:
        suppress_leads(session, [lead], "hard_bounce", "test", datetime.now(UTC))
    client.delete(f"/leads/{lead}")
    answer = client.get("/suppressions")
    assert len(answer.json()["items"]) == 1


def test_one_that_was_changed_since_it_was_seen_is_not_deleted(
    client: TestClient, lead: str
) -> None:
    seen = client.get(f"/leads/{lead}").headers["ETag"]
    client.patch(f"/leads/{lead}", json={"industry": "retail"})
    late = client.delete(f"/leads/{lead}", headers={"If-Match": seen})
    assert late.status_code == 412
    now = client.get(f"/leads/{lead}").headers["ETag"]
    assert client.delete(f"/leads/{lead}", headers={"If-Match": now}).status_code == 204
