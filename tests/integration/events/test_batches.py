"""Events of many leads come in together, and each stands for itself."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import LeadEvent
from tests.deciders import signed_in_already

Made = Callable[[str], str]


@pytest.fixture
def made(client: TestClient) -> Made:
    """A lead of this name; its id."""
    return lambda name: str(
        client.post("/leads", json={"email": f"{name}@example.com"}).json()["lead"]["id"]
    )


def scores(client: TestClient) -> dict[str, float]:
    return {one["id"]: one["score"] for one in client.get("/leads").json()["items"]}


def stored() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(LeadEvent)) or 0


def test_events_of_many_leads_are_stored_and_each_lead_is_scored_with_them(
    client: TestClient, made: Made
) -> None:
    ada, grace = made("ada"), made("grace")
    before = scores(client)[ada]
    sent = [{"type": "meeting", "lead_id": ada, "external_id": f"m-{n}"} for n in range(3)]
    sent += [{"type": "form_sent", "email": "Grace@Example.com"}]
    answer = client.post("/events", json=sent)
    said = {"new": 4, "known": 0, "leads": 2, "refused": []}
    assert (answer.status_code, answer.json()) == (201, said)
    assert scores(client)[ada] > before
    again = client.post("/events", json=sent[:3])
    assert (again.status_code, again.json()["known"], again.json()["new"]) == (200, 3, 0)
    with unit_of_work() as session:
        whose = select(LeadEvent.lead_id, func.count()).group_by(LeadEvent.lead_id)
        assert dict(session.execute(whose).tuples().all()) == {ada: 3, grace: 1}


def test_one_that_cannot_be_taken_fails_alone_with_its_reason(
    client: TestClient, made: Made
) -> None:
    ada, grace, mary = made("ada"), made("grace"), made("mary")
    client.post(f"/leads/{ada}/merge", json={"other": mary, "reason": "One person"})
    client.post(f"/leads/{grace}/events", json={"type": "meeting", "external_id": "7"})
    sent = [
        {"type": "meeting", "lead_id": ada},
        {"type": "meating", "lead_id": ada},
        {"type": "meeting", "lead_id": "lead_none"},
        {"type": "meeting", "email": "nobody@example.com"},
        {"type": "meeting", "lead_id": ada, "external_id": "7"},
        {"type": "form_sent", "lead_id": grace, "external_id": "7"},
        {"type": "meeting", "lead_id": mary},
        {"type": "meeting", "email": "mary@example.com"},
        {"type": "meeting", "lead_id": ada, "occurred_at": "2999-01-01T00:00:00Z"},
    ]
    answer = client.post("/events", json=sent)
    assert answer.status_code == 201, answer.text
    said = {one["place"]: one["type"] for one in answer.json()["refused"]}
    assert said == {
        1: "/problems/unknown-event-type",
        2: "/problems/lead-not-found",
        3: "/problems/lead-not-found",
        4: "/problems/event-id-taken",
        5: "/problems/event-id-taken",
        6: "/problems/lead-merged",
        8: "/problems/moment-in-future",
    }
    assert "nobody@" not in answer.text
    # By its address a merged lead is found as the one that stands for it.
    assert (answer.json()["new"], answer.json()["leads"], stored()) == (2, 1, 3)


def test_one_that_has_not_the_form_of_an_event_fails_alone_with_its_fields(
    client: TestClient, made: Made
) -> None:
    ada = made("ada")
    wrong = {
        1: ({"lead_id": ada, "type": "meeting", "occured_at": "x"}, {"occured_at": "occurred_at"}),
        2: ({"lead_id": ada, "type": "meeting", "occurred_at": "2026-05-04T10:00:00"}, {}),
        3: ({"type": "meeting", "email": "no-mail"}, {"email": "e-mail address such as"}),
        4: ({"lead_id": ada, "tipe": "meeting"}, {"type": "required", "tipe": "Did you mean type"}),
        5: ({"type": "meeting"}, {"body": "name the lead by lead_id or by email"}),
        6: ("meeting", {"body": "write names with their values here"}),
        7: (None, {}),
        8: ({"lead_id": ada, "type": "meeting", "payload": []}, {"payload": "object"}),
    }
    good = {"lead_id": ada, "type": "meeting"}
    answer = client.post("/events", json=[good, *(one for one, _ in wrong.values()), good])
    assert (answer.status_code, answer.json()["new"], stored()) == (201, 2, 2), answer.text
    refused = {one["place"]: one for one in answer.json()["refused"]}
    assert set(refused) == set(wrong)
    for place, (_, fields) in wrong.items():
        assert refused[place]["type"] == "/problems/invalid-input"
        said = {one["field"]: one["problem"] for one in refused[place]["errors"]}
        assert all(word in said[field] for field, word in fields.items()), said
        assert all(field in refused[place]["detail"] for field in said)
    assert {one["field"] for one in refused[2]["errors"]} == {"occurred_at"}
    assert "no-mail" not in answer.text
    alone = client.post("/events", json=[wrong[3][0]])
    assert (alone.status_code, alone.json()["type"]) == (422, "/problems/events-refused")
    assert alone.json()["refused"] == [refused[3] | {"place": 0}]


@pytest.mark.parametrize("body", ["{}", "[]", '"meeting"', "null", "7"])
def test_what_is_no_list_of_events_is_refused_whole(client: TestClient, body: str) -> None:
    answer = client.post("/events", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")


def test_the_description_says_what_an_event_is(client: TestClient) -> None:
    """That each is looked at by itself takes nothing away from what clients are made of."""
    described = client.get("/openapi.json").json()
    [kind] = described["paths"]["/events"]["post"]["requestBody"]["content"].values()
    assert kind["schema"]["items"] == {"$ref": "#/components/schemas/EventOfLead"}
    assert kind["schema"]["maxItems"] == 10_000


def test_where_none_can_be_taken_that_is_an_error_and_the_key_stays_free(
    client: TestClient, made: Made
) -> None:
    key = {"Idempotency-Key": "1"}
    sent = [{"type": "meeting", "email": "ada@example.com"}]
    answer = client.post("/events", json=sent, headers=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/events-refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["refused"][0]["type"] == "/problems/lead-not-found"
    made("ada")
    first, second = (client.post("/events", json=sent, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code, stored()) == (201, 201, 1)
    assert second.headers["Idempotent-Replay"] == "true"


@pytest.mark.parametrize(
    "named", [{}, {"lead_id": "lead_1", "email": "ada@example.com"}, {"lead_id": " "}]
)
def test_an_event_names_one_lead(client: TestClient, named: dict[str, str]) -> None:
    answer = client.post("/events", json=[{"type": "meeting"} | named])
    assert answer.status_code == 422
    assert "name the lead by lead_id or by email" in answer.text


def test_somebody_tells_of_the_leads_they_reach_and_that_is_on_record(
    anonymous: TestClient, store: Engine
) -> None:
    with unit_of_work() as session:
        key = create_key(session, "website", ["lead.create"])
        nobody_s = add_person(session, "rita", "Rita", ["sales_rep"], "test")
        headers = {"Authorization": f"Bearer {signed_in_already(session, nobody_s)}"}
    lead = anonymous.post("/leads", json={"email": "a@example.com"}, headers={"X-API-Key": key})
    lead_id = lead.json()["lead_id"]
    sent = [{"type": "rep_call", "lead_id": lead_id}, {"type": "rep_call", "lead_id": lead_id}]
    assert anonymous.post("/events", json=sent, headers=headers).status_code == 201
    assert anonymous.post("/events", json=sent, headers={"X-API-Key": key}).status_code == 403
    with unit_of_work() as session:
        told = AuditEntry.action == "lead.events_told"
        assert session.scalars(select(AuditEntry.subject).where(told)).all() == [lead_id]


def test_ten_thousand_events_come_in_at_once_and_one_more_is_refused(
    client: TestClient, made: Made
) -> None:
    leads = [made(f"lead{number}") for number in range(5)]
    sent = [
        {"type": "website_visit", "lead_id": leads[n % 5], "external_id": f"v-{n}"}
        for n in range(10_000)
    ]
    answer = client.post("/events", json=sent)
    assert (answer.status_code, answer.json()["new"]) == (201, 10_000)
    assert client.post("/events", json=[*sent, sent[0]]).status_code == 422
