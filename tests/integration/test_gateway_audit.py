"""What a request leaves in the audit log."""

from itertools import pairwise
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.accounts.people import add_person
from leadflow.audit.queue import put_into_chain
from leadflow.audit.reasons import in_words
from leadflow.audit.service import first_broken, history
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work

LEAD: dict[str, Any] = {
    "email": "john.doe@techcorp.com",
    "first_name": "Johannes",
    "company_name": "TechCorp Inc",
    "budget": 25000,
}
PASSWORD = "correct horse battery"


def audited(lead_id: str) -> list[AuditEntry]:
    with unit_of_work() as session:
        put_into_chain(session)
        entries = list(history(session, lead_id, 100))
        session.expunge_all()
    return entries


def bearer(client: TestClient, username: str, *roles: str) -> tuple[str, dict[str, str]]:
    """Somebody's id, and what a request of theirs carries."""
    with unit_of_work() as session:
        person = add_person(session, username, username, roles, "test", password=PASSWORD).id
    signed = client.post("/session", json={"username": username, "password": PASSWORD}).json()
    client.cookies.clear()
    return person, {"Authorization": f"Bearer {signed['token']}"}


def test_every_score_given_in_a_request_is_audited_with_the_one_before(client: TestClient) -> None:
    lead_id = client.post("/leads", json=LEAD).json()["lead"]["id"]
    client.post("/leads", json=LEAD | {"budget": 90000})
    answer = client.patch(f"/leads/{lead_id}", json={"budget": None}).json()
    client.post(
        f"/leads/{lead_id}/events",
        json=[{"type": "website_visit", "external_id": "1", "occurred_at": "2026-01-01T00:00:00Z"}],
    )
    scored = [entry for entry in audited(lead_id) if entry.action == "lead.scored"]
    assert len(scored) == 4
    assert scored[0].before is None
    assert all(later.before == earlier.after for earlier, later in pairwise(scored))
    assert scored[2].after == {
        "score": round(answer["score"]["total"], 4),
        "level": answer["score"]["level"],
    }
    assert {entry.why for entry in scored} == {"scored by the rubric"}
    assert all(entry.request_id and entry.origin for entry in scored)


def test_an_edit_by_a_person_shows_what_changed_and_not_what_is_in_it(client: TestClient) -> None:
    lead_id = client.post("/leads", json=LEAD).json()["lead"]["id"]
    del client.headers["X-API-Key"]
    person, headers = bearer(client, "mara", "sales_manager", "admin")
    change = {"first_name": "Jane", "company_name": "TechCorp Inc", "budget": 1}
    edited = client.patch(f"/leads/{lead_id}", json=change, headers=headers)
    assert edited.status_code == 200, edited.text
    entry = audited(lead_id)[-1]
    assert (entry.actor, entry.action) == (person, "lead.edited")
    assert entry.before is not None
    assert entry.after is not None
    changed = {name for name in change if entry.before[name] != entry.after[name]}
    assert changed == {"first_name", "budget"}
    with unit_of_work() as session:
        everything = str([list(vars(one).values()) for one in session.scalars(select(AuditEntry))])
        assert first_broken(session) is None
    assert not any(word in everything for word in ("Johannes", "Jane", "TechCorp", "john.doe"))


def test_a_reason_given_with_a_request_is_kept_beside_the_log(client: TestClient) -> None:
    lead_id = client.post("/leads", json=LEAD).json()["lead"]["id"]
    del client.headers["X-API-Key"]
    _, headers = bearer(client, "mara", "sales_manager", "admin")
    said = {"new_score": 61.5, "reason": "Johannes called back"}
    made = client.post(f"/leads/{lead_id}/score-override", json=said, headers=headers)
    assert made.status_code < 300, made.text
    told = [entry for entry in audited(lead_id) if entry.action.startswith("override.")]
    assert told
    assert "Johannes" not in str([list(vars(entry).values()) for entry in told])
    with unit_of_work() as session:
        assert set(in_words(session, told).values()) == {"Johannes called back"}
