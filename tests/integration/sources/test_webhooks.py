"""A webhook is verified, kept once, answered, and then becomes a lead that is scored."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.audit.queue import put_into_chain
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.outbox.tables import OutboxRow
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from leadflow.sources import inbox, service
from leadflow.sources.accepting import Arrival, accept
from leadflow.sources.definitions import Source
from leadflow.sources.mapping import map_deliveries
from leadflow.sources.processing import Processed, process_some
from leadflow.sources.signatures.received import Received
from leadflow.sources.tables import Delivery
from models.rubric import Rubric
from tests.senders import ADDRESS, SENDERS, Sender, body_of, source

NAME = "crm"
CRM = source(
    "bottlecrm",
    records="data",
    mapping={
        "key": "id",
        "changed_at": "updated_at",
        "fields": {
            "email": "email",
            "company_name": "company.name",
            "company_size": "company.size",
            "budget": {"column": "amount", "currency": "EUR"},
        },
        "attributes": {"plan": {"column": "plan", "kind": "categorical"}},
        "outcome": {
            "column": "stage",
            "converted": ["won"],
            "lost": ["lost"],
            "open": ["new"],
            "at": "closed_at",
        },
    },
    events=[
        {
            "type": {"path": "kind", "values": {"open": "email_open", "meet": "meeting"}},
            "each": "events",
            "occurred_at": "at",
            "external_id": "id",
        }
    ],
)
ADA = {"id": "1", "email": "ada@example.com", "company": {"name": "Analytical", "size": 30}}


@pytest.fixture
def crm(anonymous: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The gateway as a CRM reaches it."""
    monkeypatch.setattr(get_settings(), "public_url", ADDRESS.partition("/webhooks")[0])
    apply({NAME: CRM})
    return anonymous


def apply(sources: dict[str, Source], secret: str | None = None) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        service.apply(session, sources, "test", now)
        for name, each in sources.items():
            own = next(s.secret for s in SENDERS.values() if s.source.scheme == each.scheme)
            service.set_secret(session, name, secret or own, "test", now)


def post(client: TestClient, received: Received) -> Any:
    return client.post(
        received.url.removeprefix(ADDRESS.partition("/webhooks")[0]),
        content=received.body,
        headers=dict(received.headers),
    )


def deliver(client: TestClient, data: Any, own_id: str = "d1") -> Any:
    body = json.dumps({"id": own_id, "data": data}).encode()
    return post(client, SENDERS["bottlecrm"].send(body, datetime.now(UTC), own_id))


def process() -> Processed:
    return process_some(get_engine(), Rubric.load(), get_settings(), datetime.now(UTC))


def look_again(client: TestClient) -> None:
    """As a second later."""
    client.app.state.deliveries.sources._looked = float("-inf")  # type: ignore[attr-defined]


def one(table: Any) -> Any:
    with unit_of_work() as session:
        return session.scalars(select(table)).one()


def count(table: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_delivery_becomes_a_lead_that_is_scored(crm: TestClient) -> None:
    answer = deliver(crm, ADA | {"amount": 1200.12, "plan": "gold"})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert count(Lead) == 0
    assert process() == Processed(1, 0)
    lead = one(Lead)
    assert (lead.email, lead.external_id, lead.source) == ("ada@example.com", "1", NAME)
    assert (lead.company_size, lead.budget_minor, lead.budget_currency) == (30, 120012, "EUR")
    assert lead.attributes == {"plan": "gold"}
    assert one(LeadScore).lead_id == lead.id
    assert (one(Delivery).status, one(Delivery).records) == ("processed", 1)


def test_the_same_delivery_is_kept_once_whoever_sends_it_at_once(crm: TestClient) -> None:
    body = json.dumps({"data": ADA}).encode()
    received = SENDERS["bottlecrm"].send(body, datetime.now(UTC), "d1")
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: post(crm, received).status_code, range(100)))
    assert sorted(set(answers)) in ([200, 202], [202])
    assert answers.count(202) == 1
    assert count(Delivery) == 1
    process()
    with unit_of_work() as session:
        put_into_chain(session)
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.not_like("source.%"))
        ).all()
    assert (count(Lead), len(entries)) == (1, 1)


def test_another_body_under_a_known_id_is_refused(crm: TestClient) -> None:
    assert deliver(crm, ADA).status_code == 202
    again = deliver(crm, ADA | {"email": "other@example.com"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    assert count(Delivery) == 1


def test_what_is_not_proved_is_refused_and_leaves_no_row(crm: TestClient) -> None:
    received = SENDERS["bottlecrm"].send(b'{"data": {}}', datetime.now(UTC) - timedelta(hours=1))
    answer = post(crm, received)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/signature-refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(Delivery) == 0


def test_a_source_that_is_not_there_is_not_found(crm: TestClient) -> None:
    answer = crm.post("/webhooks/nobody", content=b"{}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("name", [name for name in SENDERS if "," not in name])
def test_every_scheme_is_taken_over_http(
    crm: TestClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender: Sender = SENDERS[name]
    path = "lead" if name == "salesforce" else None
    with unit_of_work() as session:
        service.remove(session, NAME, "test", datetime.now(UTC))
    apply({NAME: sender.source.model_copy(update={"records": path})}, sender.secret)
    look_again(crm)
    content = {"id": "7", "email": "ada@example.com"}
    answer = post(crm, sender.send(body_of(name, content), datetime.now(UTC)))
    assert answer.status_code == {"salesforce": 200, "twilio": 204}.get(name, 202), answer.text
    assert process() == Processed(1, 0), one(Delivery).reasons
    assert one(Lead).email == "ada@example.com"


def test_events_and_outcomes_are_taken_with_their_lead(crm: TestClient) -> None:
    events = [
        {"id": "e1", "kind": "open", "at": "2026-03-01T09:00:00Z"},
        {"id": "e2", "kind": "meet", "at": "2026-03-02T09:00:00Z"},
        {"id": "e3", "kind": "nothing of ours", "at": "2026-03-02T09:00:00Z"},
    ]
    won = {"stage": "won", "closed_at": "2026-03-05T09:00:00Z"}
    deliver(crm, ADA | won | {"events": events})
    assert process() == Processed(1, 0), one(Delivery).reasons
    with unit_of_work() as session:
        types = sorted(session.scalars(select(LeadEvent.type)))
    assert types == ["email_open", "meeting"]
    assert (one(Outcome).outcome, one(Outcome).lead_id) == ("converted", one(Lead).id)


def test_an_older_word_that_comes_late_replaces_nothing(crm: TestClient) -> None:
    new = ADA | {"updated_at": "2026-03-02T00:00:00Z"}
    old = ADA | {"updated_at": "2026-03-01T00:00:00Z", "company": {"name": "Old", "size": 5}}
    deliver(crm, new, "d1")
    process()
    deliver(crm, old, "d2")
    process()
    assert (one(Lead).company_name, one(Lead).company_size) == ("Analytical", 30)


def test_an_address_that_is_repeated_late_stays_the_newest(crm: TestClient) -> None:
    said = (
        ("ada@example.com", "2026-03-05T00:00:00Z"),
        ("ada@example.com", "2026-03-01T00:00:00Z"),
        ("old@example.com", "2026-03-04T00:00:00Z"),
    )
    for number, (email, at) in enumerate(said):
        deliver(crm, ADA | {"email": email, "updated_at": at}, f"d{number}")
        process()
    assert one(Lead).email == "ada@example.com"


def test_what_cannot_be_read_is_dead_with_its_reason_and_the_rest_is_taken(
    crm: TestClient,
) -> None:
    bob = {"id": "2", "email": "bob@example.com", "company": {"name": "B", "size": "some"}}
    deliver(crm, [ADA, bob, {"email": "without an id"}])
    assert process() == Processed(1, 1)
    assert one(Lead).email == "ada@example.com"
    reasons = {(said["record"], said["field"]) for said in one(Delivery).reasons}
    assert (1, "company_size") in reasons
    assert (2, "key") in reasons
    assert "bob" not in json.dumps(one(Delivery).reasons)


def test_a_dead_delivery_is_taken_once_its_mapping_is_mended(crm: TestClient) -> None:
    deliver(crm, ADA | {"company": {"name": "A", "size": "thirty"}})
    assert process().dead == 1
    fields = CRM.mapping["fields"] | {
        "company_size": {"column": "company.size", "values": {"thirty": "30"}}
    }
    apply(
        {NAME: CRM.model_copy(update={"mapping": CRM.mapping | {"fields": fields}})}, "another-one"
    )
    with unit_of_work() as session:
        assert inbox.retry(session, None, NAME, "test", datetime.now(UTC)) == 1
    assert process() == Processed(1, 0)
    assert one(Lead).company_size == 30
    assert (one(Delivery).version, one(Delivery).reasons) == (2, None)


def test_a_dead_delivery_can_be_corrected_or_let_go(crm: TestClient) -> None:
    deliver(crm, {"id": "1", "email": "no address"})
    assert process().dead == 1
    with unit_of_work() as session:
        inbox.correct(
            session, one(Delivery).id, json.dumps({"data": ADA}).encode(), "t", datetime.now(UTC)
        )
    assert process() == Processed(1, 0)
    deliver(crm, {"id": "2", "email": "no address"}, "d2")
    process()
    with unit_of_work() as session:
        (dead,) = inbox.deliveries(session, "dead").items
        inbox.discard(session, dead.id, "t", datetime.now(UTC))
    with unit_of_work() as session:
        assert inbox.deliveries(session, "dead").items == []


def test_arrivals_ask_for_one_run_while_nobody_is_at_work(crm: TestClient) -> None:
    for number in range(5):
        deliver(crm, ADA, f"d{number}")
    with unit_of_work() as session:
        keys = session.scalars(select(OutboxRow.key)).all()
    assert len(keys) == 1
    assert keys[0].startswith("process_inbox:")


def test_one_poisoned_delivery_stops_no_other(
    crm: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(name: str, source: Source, came: Any, *rest: Any) -> Any:
        if any(b"poison" in one.body for one in came):
            raise ZeroDivisionError("as if by a mistake of ours")
        return map_deliveries(name, source, came, *rest)

    monkeypatch.setattr("leadflow.sources.processing.map_deliveries", breaking)
    for number in range(9):
        person = {"id": str(number), "email": f"p{number}@example.com"}
        deliver(crm, person | ({"plan": "poison"} if number == 4 else {}), f"d{number}")
    assert process() == Processed(9, 1)
    assert count(Lead) == 8


def test_a_secret_that_was_rotated_is_taken_for_a_day(crm: TestClient, store: Engine) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        service.set_secret(session, NAME, None, "test", now)
        assert len(service.live_secrets(session, NAME, now)) == 2
        assert len(service.live_secrets(session, NAME, now + timedelta(days=2))) == 1
    look_again(crm)
    assert deliver(crm, ADA).status_code == 202


def test_a_large_delivery_is_taken_of_a_source_and_of_nobody_else(crm: TestClient) -> None:
    data = [ADA | {"plan": "x" * 400, "id": str(n), "email": f"a{n}@b.com"} for n in range(300)]
    assert deliver(crm, data).status_code == 202
    unread = crm.post("/webhooks/nobody", content=b"x" * 200_000)
    assert (unread.status_code, unread.headers["Connection"]) == (404, "close")
    assert process() == Processed(1, 0), one(Delivery).reasons
    assert count(Lead) == 300


def test_what_a_delivery_starts_is_asked_for_once_a_window_and_at_its_end(
    crm: TestClient,
) -> None:
    starts = [{"deployment": "score_leads", "only": "stage == 'won'", "every": "1h"}]
    apply_again(crm, CRM.model_validate({**CRM.content, "starts": starts}))
    for number in range(3):
        person = {"id": str(number), "email": f"p{number}@example.com"}
        deliver(crm, person | {"stage": "won", "closed_at": "2026-03-05"}, f"d{number}")
        process()
    with unit_of_work() as session:
        asked = session.scalars(
            select(OutboxRow).where(OutboxRow.payload["deployment"].astext == "score_leads")
        ).all()
        told = session.scalars(select(OutboxRow).where(OutboxRow.act == "report_deliveries")).all()
    assert len(asked) == 1
    assert asked[0].available_at > datetime.now(UTC)
    assert asked[0].payload["tags"] == [f"source:{NAME}"]
    assert {row.payload["kind"] for row in told} == {"outcome"}
    assert one_of_all(Delivery).kinds == ["outcome"]


def apply_again(client: TestClient, changed: Source) -> None:
    with unit_of_work() as session:
        service.apply(session, {NAME: changed}, "test", datetime.now(UTC))
    look_again(client)


def one_of_all(table: Any) -> Any:
    with unit_of_work() as session:
        return session.scalars(select(table).limit(1)).one()


def test_sources_and_deliveries_are_reached_over_the_api(client: TestClient) -> None:
    body = {"sources": {NAME: CRM.content}}
    assert client.put("/sources", json=body).json() == {"new": [NAME], "changed": []}
    made = client.post(f"/sources/{NAME}/secret", json={}).json()
    assert made["live_secrets"] == 1
    (shown,) = client.get("/sources").json()["items"]
    assert (shown["version"], shown["live_secrets"]) == (1, 1)
    assert shown["address"].endswith(f"/webhooks/{NAME}")
    assert shown["content"] == CRM.content
    now = datetime.now(UTC)
    with unit_of_work() as session:
        accept(
            session,
            [Arrival(NAME, f"d{n}", b'{"data": {"id": 1.5, "email": "x"}}') for n in range(3)],
            now,
        )
    process()
    asked: dict[str, str | int] = {"status": "dead", "limit": 2}
    page = client.get("/deliveries", params=asked).json()
    assert len(page["items"]) == 2
    rest = client.get("/deliveries", params=asked | {"cursor": page["next"]}).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    own = page["items"][0]["id"]
    assert client.get(f"/deliveries/{own}").json()["body"].startswith('{"data"')
    mended = client.put(f"/deliveries/{own}/body", json={"body": json.dumps({"data": ADA})})
    assert (mended.status_code, mended.json()["status"]) == (200, "received")
    assert (
        client.post(f"/deliveries/{own}/discard").json()["type"] == "/problems/delivery-elsewhere"
    )
    process()
    assert client.get(f"/deliveries/{own}").json()["status"] == "processed"
    other = rest["items"][0]["id"]
    assert client.post(f"/deliveries/{other}/discard").json()["status"] == "discarded"
    assert client.post("/deliveries/retry", json={}).json() == {"deliveries": 1}
    assert client.get("/deliveries/dlv_none").json()["type"] == "/problems/delivery-not-found"
    assert client.delete(f"/sources/{NAME}").status_code == 204
    assert client.get(f"/sources/{NAME}").json()["type"] == "/problems/source-not-found"


def test_a_source_that_cannot_be_used_is_refused_over_the_api(client: TestClient) -> None:
    wrong = {"sources": {NAME: CRM.content | {"records": "data["}}}
    answer = client.put("/sources", json=wrong)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/sources-invalid")
    assert answer.json()["errors"][0]["place"] == f"sources.{NAME}.records", answer.text


def test_what_is_settled_is_forgotten_and_what_is_dead_stays(crm: TestClient) -> None:
    deliver(crm, ADA, "d1")
    deliver(crm, {"id": "2", "email": "no address"}, "d2")
    process()
    later = datetime.now(UTC) + timedelta(days=31)
    with unit_of_work() as session:
        assert inbox.forget_settled(session, datetime.now(UTC) - timedelta(days=30)) == 0
        assert inbox.forget_settled(session, later - timedelta(days=30)) == 1
    assert one(Delivery).status == "dead"
