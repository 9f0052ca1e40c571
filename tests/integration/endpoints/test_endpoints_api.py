"""Endpoints over the API and the command line: made, changed, switched, replayed, and by whom."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text

from leadflow.accounts.keys import create_key
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.endpoints.declares import GAUGES
from leadflow.endpoints.tables import Message
from tests.integration.endpoints.telling import endpoint

CRM = {
    "name": "crm",
    "url": "https://crm.example.com/hook?token=hidden-word",
    "description": "The CRM of Grace",
    "types": ["lead.lost", "lead.created"],
}


@pytest.fixture
def operator(anonymous: TestClient) -> TestClient:
    """A program that may set endpoints up, and may not read leads."""
    with unit_of_work() as session:
        scopes = ["endpoint.read", "endpoint.write"]
        anonymous.headers["X-API-Key"] = create_key(session, "ops", scopes, [])
    return anonymous


def test_an_endpoint_is_added_with_a_secret_that_is_shown_once(client: TestClient) -> None:
    made = client.post("/webhook-endpoints", json=CRM)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made.json()["types"] == ["lead.created", "lead.lost"]
    assert made.json()["include_personal"] is False
    read = client.get("/webhook-endpoints/crm").json()
    assert read == {k: v for k, v in made.json().items() if k != "secret"}
    assert client.get("/webhook-endpoints").json()["items"] == [read]
    assert client.post("/webhook-endpoints", json=CRM).json()["type"].endswith("endpoint-exists")


def test_it_is_changed_switched_off_and_on_and_deleted(client: TestClient) -> None:
    client.post("/webhook-endpoints", json=CRM)
    changed = client.patch("/webhook-endpoints/crm", json={"types": ["lead.scored"]}).json()
    assert (changed["types"], changed["url"]) == (["lead.scored"], CRM["url"])
    off = client.post("/webhook-endpoints/crm/disable").json()
    assert (off["status"], off["disabled_why"]) == ("disabled", "person")
    refused = client.post("/webhook-endpoints/crm/ping")
    assert refused.status_code == 409
    assert "leadflow endpoints enable crm" in refused.json()["detail"]
    assert client.post("/webhook-endpoints/crm/enable").json()["status"] == "enabled"
    assert client.post("/webhook-endpoints/crm/secret").json()["secret"].startswith("whsec_")
    assert client.get("/webhook-endpoints/crm").json()["live_secrets"] == 2
    assert client.delete("/webhook-endpoints/crm").status_code == 204
    gone = client.get("/webhook-endpoints/crm")
    assert gone.json()["type"].endswith("endpoint-not-found")
    assert client.post("/webhook-endpoints", json=CRM).status_code == 201  # the name is free again


@pytest.mark.parametrize(
    ("said", "type_", "words"),
    [
        ({"url": "http://127.0.0.1/x"}, "url-refused", "LEADFLOW_WEBHOOK_ALLOWED_NETWORKS"),
        ({"url": "ftp://example.com/x"}, "url-refused", "http:// or https://"),
        ({"types": ["lead.creatd"]}, "endpoint-invalid", "lead.created"),
        ({"name": "The CRM"}, "invalid", "name"),
        ({"types": []}, "invalid", "types"),
        ({"secret": "mine"}, "invalid", "secret"),
    ],
)
def test_what_cannot_be_is_refused_and_says_what_to_do(
    client: TestClient, said: dict[str, object], type_: str, words: str
) -> None:
    answer = client.post("/webhook-endpoints", json=CRM | said)
    assert answer.status_code == 422
    assert type_ in answer.json()["type"]
    assert words in answer.json()["detail"]
    assert client.get("/webhook-endpoints").json()["items"] == []


def test_personal_data_is_sent_only_where_somebody_wants_it_who_may_see_it(
    operator: TestClient,
) -> None:
    refused = operator.post("/webhook-endpoints", json=CRM | {"include_personal": True})
    assert refused.status_code == 403
    assert operator.post("/webhook-endpoints", json=CRM).status_code == 201
    more = operator.patch("/webhook-endpoints/crm", json={"include_personal": True})
    assert more.status_code == 403
    with unit_of_work() as session:
        session.execute(text("UPDATE webhook_endpoints SET include_personal = true"))
    elsewhere = operator.patch("/webhook-endpoints/crm", json={"url": "https://example.org/"})
    assert elsewhere.json()["type"].endswith("personal-not-allowed")


def test_messages_are_listed_page_by_page_and_each_with_its_attempts(client: TestClient) -> None:
    client.post("/webhook-endpoints", json=CRM)
    ids = [client.post("/webhook-endpoints/crm/ping").json()["message"] for _ in range(3)]
    first = client.get("/webhook-endpoints/crm/messages", params={"limit": 2}).json()
    assert [one["id"] for one in first["messages"]] == ids[:0:-1]
    rest = client.get("/webhook-endpoints/crm/messages", params={"before": first["next"]}).json()
    assert [one["id"] for one in rest["messages"]] == ids[:1]
    whole = client.get(f"/webhook-endpoints/crm/messages/{ids[0]}").json()
    assert (whole["type"], whole["status"], whole["tried"]) == ("endpoint.ping", "waiting", [])
    none = client.get("/webhook-endpoints/crm/messages/msg_1")
    assert none.json()["type"].endswith("message-not-found")


def test_messages_are_replayed_one_by_one_or_since_a_moment(client: TestClient) -> None:
    client.post("/webhook-endpoints", json=CRM)
    message = client.post("/webhook-endpoints/crm/ping").json()["message"]
    with unit_of_work() as session:
        row = session.scalars(select(Message)).one()
        row.status, row.attempts, row.ended_at = "failed", 12, datetime.now(UTC)
    one = client.post("/webhook-endpoints/crm/replay", json={"message": message})
    assert one.json() == {"messages": 1}
    with unit_of_work() as session:
        row = session.scalars(select(Message)).one()
    assert (row.status, row.attempts, row.ended_at) == ("waiting", 0, None)
    since = {"since": "2026-01-01T00:00:00Z"}
    assert client.post("/webhook-endpoints/crm/replay", json=since).json() == {"messages": 1}
    assert client.post("/webhook-endpoints/crm/replay", json={}).status_code == 422


def test_what_is_done_to_an_endpoint_is_in_the_audit_log_and_its_address_is_not(
    client: TestClient, store: Engine
) -> None:
    client.post("/webhook-endpoints", json=CRM)
    client.patch("/webhook-endpoints/crm", json={"url": "https://other.example.com/x"})
    for act in ("disable", "enable", "secret"):
        client.post(f"/webhook-endpoints/crm/{act}")
    client.delete("/webhook-endpoints/crm")
    with unit_of_work() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
        stored = session.execute(text("SELECT string_agg(e::text, '') FROM webhook_endpoints e"))
        kept = str(stored.scalar())
    mine = [one for one in entries if one.action.startswith("endpoint.")]
    assert [one.action.removeprefix("endpoint.") for one in mine] == [
        "added",
        "changed",
        "disabled",
        "enabled",
        "secret_set",
        "deleted",
    ]
    changed = mine[1]
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["host"], changed.after["host"]) == (
        "crm.example.com",
        "other.example.com",
    )
    written = " ".join(f"{one.detail}{one.before}{one.after}" for one in entries)
    assert "hidden-word" not in written + kept
    assert "Grace" not in written + kept


def test_every_type_is_told_with_its_schema(client: TestClient) -> None:
    types = {one["type"]: one for one in client.get("/webhook-endpoints/types").json()}
    assert "score" in types["lead.scored"]["payload_schema"]["properties"]
    assert client.post("/webhook-endpoints", json=CRM | {"types": list(types)}).status_code == 201


def test_figures_say_of_each_endpoint_what_waits_since_when_and_what_fails(
    client: TestClient,
) -> None:
    client.post("/webhook-endpoints", json=CRM)
    client.post("/webhook-endpoints/crm/ping")
    with unit_of_work() as session:
        session.execute(
            text("UPDATE webhook_messages SET created_at = now() - interval '1 minute'")
        )
        session.execute(text("UPDATE webhook_endpoints SET failures = 7"))
    with unit_of_work() as session:
        told = {gauge.name: list(gauge.read(session, datetime.now(UTC))) for gauge in GAUGES}
    own = (endpoint().id,)
    assert told["webhook_waiting"] == [(own, 1.0)]
    assert told["webhook_failures"] == [(own, 7.0)]
    [(labels, age)] = told["webhook_oldest_seconds"]
    assert labels == own
    assert 59 < age < 120
    assert told["webhook_endpoints_disabled"] == [((), 0.0)]
