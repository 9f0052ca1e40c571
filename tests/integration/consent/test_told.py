"""What comes in that says yes or no is written into the log in the same transaction, once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from leadflow.accounts.keys import create_key
from leadflow.audit.tables import AuditEntry
from leadflow.consent.declares import EVENT_TYPES
from leadflow.consent.may_send import may_send
from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.database.engine import unit_of_work
from leadflow.leads.events.types import put_in
from leadflow.leads.tables import EventTypeRow, Lead
from tests.integration.consent.said import NOW, lead, say
from tests.integration.follow_ups.test_follow_ups import kind_of

DOUBLE = {"given": True, "evidence": "double_opt_in"}


@pytest.fixture(autouse=True)
def consent_is_known(store: Engine) -> Iterator[None]:
    """The type of event that Leadflow puts in as it starts."""
    with unit_of_work() as session:
        put_in(session, {"consent": EVENT_TYPES}, NOW)
    yield
    with unit_of_work() as session:
        session.execute(delete(EventTypeRow).where(EventTypeRow.declared_by == "consent"))


def made(client: TestClient, name: str = "ada") -> str:
    answer = client.post("/leads", json={"email": f"{name}@example.com"})
    return str(answer.json()["lead"]["id"])


def why(lead_id: str, purpose: str = "marketing") -> str | None:
    with unit_of_work() as session:
        found = may_send(session, [lead_id], purpose, "email", datetime.now(UTC))[lead_id]  # type: ignore[arg-type]
    return None if found is None else found.name


def log() -> list[tuple[str, bool, str, str | None]]:
    with unit_of_work() as session:
        rows = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id)).all()
        return [(row.lead_id, row.given, row.evidence, row.reference) for row in rows]


def test_events_that_say_yes_or_no_are_in_the_log_once_and_a_form_undoes_no_opt_out(
    client: TestClient,
) -> None:
    ada = made(client)
    told = [
        {"type": "consent", "payload": DOUBLE, "external_id": "c1"},
        {"type": "unsubscribe", "external_id": "ada@example.com"},
    ]
    for one in told:
        answer = client.post(f"/leads/{ada}/events", json=one)
        assert answer.status_code == 201, answer.text
        assert client.post(f"/leads/{ada}/events", json=one).status_code in (200, 201)
    expected = [(ada, True, "double_opt_in", "c1"), (ada, False, "unsubscribe", None)]
    assert log() == expected
    assert why(ada) == "opted_out"
    form = {"type": "consent", "payload": {"given": True, "evidence": "form"}}
    client.post(f"/leads/{ada}/events", json=form)
    client.post(f"/leads/{ada}/events", json={"type": "form_sent"})
    assert why(ada) == "opted_out"
    client.post(f"/leads/{ada}/events", json={"type": "consent", "payload": DOUBLE})
    assert why(ada) is None


def test_events_of_many_leads_and_a_companys_own_kind_of_opt_out_are_heard_too(
    client: TestClient,
) -> None:
    ada, grace = made(client), made(client, "grace")
    own = {"label": "Said no in the shop", "counts_as": "unsubscribe"}
    answer = client.put("/event-types", json={"event_types": {"shop_no": own}})
    assert answer.status_code == 200, answer.text
    sent = [
        {"type": "consent", "email": "ada@example.com", "payload": DOUBLE},
        {"type": "shop_no", "lead_id": grace},
        {"type": "meeting", "lead_id": grace},
    ]
    answer = client.post("/events", json=sent)
    assert (answer.status_code, answer.json()["refused"]) == (201, [])
    assert sorted(log()) == sorted(
        [(ada, True, "double_opt_in", None), (grace, False, "unsubscribe", None)]
    )


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"given": True},
        {"given": "yes", "evidence": "form"},
        {"given": False, "evidence": "double_opt_in"},
        {"given": True, "evidence": "preference_page"},
        {"given": False, "evidence": "told_us", "lawful_basis": "consent"},
        {"given": True, "evidence": "form", "purpose": "everything"},
    ],
)
def test_consent_that_cannot_be_read_for_certain_is_refused_and_nothing_is_stored(
    client: TestClient, payload: dict[str, object]
) -> None:
    ada = made(client)
    answer = client.post(f"/leads/{ada}/events", json={"type": "consent", "payload": payload})
    assert answer.status_code == 422
    assert log() == []


def test_the_log_is_appended_to_and_nothing_else_until_its_lead_is_gone(store: Engine) -> None:
    with unit_of_work() as session:
        ada = lead(session, "ada@example.com").id
        say(session, ada, (True, "form", NOW))
    changes = (
        update(ConsentEvent).values(given=False, lawful_basis=None),
        delete(ConsentEvent),
        text("TRUNCATE consent_events"),
    )
    for engine in (store, None):
        for change in changes:
            with pytest.raises(DBAPIError), unit_of_work(engine) as session:
                session.execute(change)
    assert len(log()) == 1
    with unit_of_work() as session:
        session.execute(delete(Lead))
    assert log() == []


def test_what_people_tell_counts_at_once_and_the_audit_log_names_nobody(
    client: TestClient,
) -> None:
    ada = made(client)
    address = f"/leads/{ada}/consent"
    before = client.get(address).json()["purposes"]
    assert [(one["says"], one["may_send"]) for one in before] == [
        ("unknown", False),
        ("unknown", True),
        ("unknown", True),
    ]
    body = {"given": True, "evidence": "signed_paper", "reference": "paper/17"}
    answer = client.post(address, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["purposes"][0] | {"since": None} == {
        "purpose": "marketing",
        "says": "given",
        "since": None,
        "may_send": True,
        "why_not": None,
    }
    answer = client.post(address, json={"given": False, "evidence": "told_us"})
    assert answer.json()["purposes"][0]["why_not"] == "The person does not want mail of this kind."
    assert [one["reason"] for one in answer.json()["suppressions"]] == ["opted_out"]
    events = client.get(f"{address}/events").json()["items"]
    assert [(one["given"], one["reference"]) for one in events] == [
        (False, None),
        (True, "paper/17"),
    ]
    with unit_of_work() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == ada)).all()
    assert {one.action for one in entries} >= {"consent.given", "consent.withdrawn"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"given": False, "evidence": "double_opt_in"}, "consent-invalid"),
        ({"given": False, "evidence": "told_us", "purpose": "legal"}, "consent-invalid"),
        ({"given": True, "evidence": "form", "reference": "a@b.c"}, "consent-invalid"),
        ({"given": True, "evidence": "preference_page"}, "consent-invalid"),
        ({"given": True, "evidence": "form", "happened_at": "2999-01-01T00:00:00Z"}, None),
    ],
)
def test_what_cannot_be_so_is_refused_with_what_to_send(
    client: TestClient, body: dict[str, object], kind: str | None
) -> None:
    answer = client.post(f"/leads/{made(client)}/consent", json=body)
    assert answer.status_code == 422
    assert kind is None or kind_of(answer) == kind
    assert "a@b.c" not in answer.text
    assert log() == []


def test_an_address_is_suppressed_and_released_with_a_reason_and_is_in_no_log(
    client: TestClient,
) -> None:
    ada = made(client)
    body = {"email": "Ada@example.com", "reason": "asked_by_person"}
    first = client.post("/suppressions", json=body)
    assert first.status_code == 201, first.text
    by_lead = client.post("/suppressions", json={"lead_id": ada, "reason": "asked_by_person"})
    assert by_lead.json() == first.json()
    assert why(ada, "service") == "asked_by_person"
    assert client.get("/suppressions").json()["items"] == [first.json()]
    one = f"/suppressions/{first.json()['id']}"
    assert client.request("DELETE", one, json={}).status_code == 422
    assert client.request("DELETE", one, json={"reason": "They wrote to us"}).status_code == 204
    gone = client.request("DELETE", one, json={"reason": "Again"})
    assert (gone.status_code, kind_of(gone)) == (404, "suppression-not-found")
    assert why(ada, "service") is None
    with unit_of_work() as session:
        entries = session.scalars(text("SELECT t::text FROM audit_log t")).all()
        assert session.scalars(select(Suppression)).all() == []
    assert len([row for row in entries if "suppression/" in row]) == 2
    assert not [row for row in entries if "example.com" in row or "They wrote" in row]


def test_only_who_may_suppress_does(anonymous: TestClient) -> None:
    with unit_of_work() as session:
        anonymous.headers["X-API-Key"] = create_key(session, "reads", ["suppression.read"])
    assert anonymous.get("/suppressions").status_code == 200
    body = {"email": "ada@example.com", "reason": "complaint"}
    assert anonymous.post("/suppressions", json=body).status_code == 403


def test_a_merge_keeps_both_logs_and_a_split_gives_each_its_own(client: TestClient) -> None:
    ada, other = made(client), made(client, "a.lovelace")
    client.post(f"/leads/{ada}/consent", json=DOUBLE)
    client.post(f"/leads/{other}/consent", json={"given": False, "evidence": "told_us"})
    merged = client.post(f"/leads/{ada}/merge", json={"other": other, "reason": "One person"})
    assert [why(ada), why(other)] == ["opted_out", "merged"]
    assert len(client.get(f"/leads/{ada}/consent/events").json()["items"]) == 2
    split = client.post(f"/merges/{merged.json()['merge']['id']}/split")
    assert split.status_code == 200, split.text
    assert [why(ada), why(other)] == [None, "opted_out"]
