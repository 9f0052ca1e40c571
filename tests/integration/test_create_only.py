"""A program that may bring leads in and not read them learns nothing of those that are known, and
overwrites nothing."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from tests.integration.test_gateway import BODY

WORDS = ("john", "doe@", "TechCorp", "VP of", "San Francisco")


@pytest.fixture
def narrow(client: TestClient) -> dict[str, Any]:
    """The headers of a program that may only create leads."""
    with unit_of_work() as session:
        return {"X-API-Key": create_key(session, "form", ["lead.create"], [])}


def key_for(*scopes: str) -> dict[str, str]:
    with unit_of_work() as session:
        return {"X-API-Key": create_key(session, "-".join(scopes), list(scopes), [ANYBODY])}


def stored(lead_id: str) -> Lead:
    with unit_of_work() as session:
        return session.get_one(Lead, lead_id)


def test_the_answer_has_id_score_and_level(client: TestClient, narrow: dict[str, str]) -> None:
    full = client.post("/leads", json=BODY).json()
    for _ in range(2):
        known = client.post("/leads", json={"email": BODY["email"]}, headers=narrow)
        assert known.status_code == 200
        score = {"total": full["score"]["total"], "level": full["score"]["level"]}
        assert known.json() == {"lead_id": full["lead"]["id"], "score": score}
    new = client.post("/leads", json={"email": "new@example.com"}, headers=narrow)
    assert new.status_code == 201
    assert set(new.json()) == {"lead_id", "score"}
    assert set(new.json()["score"]) == {"total", "level"}


def test_what_is_known_stays_and_what_is_empty_is_filled(
    client: TestClient, narrow: dict[str, str]
) -> None:
    known = BODY | {"attributes": {"plan": "pro"}, "phone": None, "website_visits": 3}
    lead_id = client.post("/leads", json=known).json()["lead"]["id"]
    sent = {
        "email": BODY["email"],
        "company_name": "Evil Inc",
        "phone": "+1 202 555 0143",
        "budget": 1,
        "currency": "EUR",
        "website_visits": 900,
        "email_opens": 900,
        "attributes": {"plan": "free", "colour": "red"},
        "source": "evil",
        "external_id": "1",
    }
    before = stored(lead_id)
    assert client.post("/leads", json=sent, headers=narrow).json()["lead_id"] == lead_id
    now = stored(lead_id)
    for name in ("company_name", "budget_minor", "budget_currency", "website_visits", "source"):
        assert getattr(now, name) == getattr(before, name), name
    assert (now.external_id, now.email_opens) == (before.external_id, before.email_opens)
    assert now.phone == "+12025550143"
    assert now.attributes == {"plan": "pro", "colour": "red"}


@pytest.mark.parametrize("sent", [{"location": "Somewhere odd"}, {"country": "US"}])
def test_a_place_is_not_moved(
    client: TestClient, narrow: dict[str, str], sent: dict[str, str]
) -> None:
    known = {"email": BODY["email"], "country": "DE"}
    lead_id = client.post("/leads", json=known).json()["lead"]["id"]
    before = stored(lead_id)
    client.post("/leads", json={"email": BODY["email"]} | sent, headers=narrow)
    now = stored(lead_id)
    assert (now.country, now.region) == (before.country, before.region)
    assert now.country == "DE"


def test_a_lead_found_by_its_id_keeps_its_address(client: TestClient) -> None:
    named = BODY | {"source": "crm", "external_id": "7"}
    lead_id = client.post("/leads", json=named).json()["lead"]["id"]
    sent = {"email": "evil@example.com", "source": "crm", "external_id": "7"}
    answer = client.post("/leads", json=sent, headers=key_for("lead.create"))
    assert answer.json()["lead_id"] == lead_id
    assert stored(lead_id).email == BODY["email"]
    # The address goes on being the lead's: it is found by it, and by the other nobody is.
    again = client.post("/leads", json={"email": BODY["email"]})
    assert again.json()["lead"]["id"] == lead_id


@pytest.mark.parametrize(("may", "company"), [("nothing", None), ("all", "Evil Inc")])
def test_a_setting_says_what_may_be_changed(
    client: TestClient,
    narrow: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    may: str,
    company: str | None,
) -> None:
    lead_id = client.post("/leads", json={"email": BODY["email"]}).json()["lead"]["id"]
    monkeypatch.setattr(get_settings(), "create_may_change", may)
    sent = {"email": BODY["email"], "company_name": "Evil Inc"}
    client.post("/leads", json=sent, headers=narrow)
    assert stored(lead_id).company_name == company


def test_whoever_may_edit_changes_a_lead_by_sending_it_again(client: TestClient) -> None:
    lead_id = client.post("/leads", json=BODY).json()["lead"]["id"]
    sent = {"email": BODY["email"], "company_name": "New Inc"}
    answer = client.post("/leads", json=sent, headers=key_for("lead.create", "lead.edit"))
    assert set(answer.json()) == {"lead_id", "score"}
    assert stored(lead_id).company_name == "New Inc"


def test_no_other_change_is_answered_with_what_is_known(client: TestClient) -> None:
    made = client.post("/leads", json=BODY).json()
    path = f"/leads/{made['lead']['id']}"
    event = {"type": "pricing_view", "occurred_at": "2026-01-05T10:00:00Z"}
    override = {"new_score": made["score"]["total"] + 1, "reason": "Met at the fair"}
    lost = {"outcome": "lost", "occurred_at": "2026-01-06T10:00:00Z"}
    asked = [
        ("PATCH", path, {"timeline": "immediately"}, "lead.edit"),
        ("POST", f"{path}/events", event, "lead.fact"),
        ("POST", f"{path}/score-override", override, "score.override"),
        ("DELETE", f"{path}/score-override", None, "score.override"),
        ("POST", f"{path}/outcomes", lost, "lead.fact"),
    ]
    for method, address, body, scope in asked:
        answer = client.request(method, address, json=body, headers=key_for(scope))
        assert answer.is_success, (method, address, answer.text)
        told = answer.text.lower()
        assert not [word for word in WORDS if word.lower() in told], (method, address)
        assert "reasons" not in told
