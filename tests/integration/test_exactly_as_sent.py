"""What is sent of a lead is kept as it was sent, or refused with what to write: never another
value, and nothing left out without a word."""

from datetime import UTC, datetime
from math import isnan
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from features.moments import these_leads
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import AttributeDefinition, Lead
from leadflow.scoring.serving.feature_frames import custom_definitions, read_features
from tests.integration.follow_ups.test_follow_ups import kind_of

ADA: dict[str, Any] = {"email": "ada@example.com", "attributes": {"seats": 9, "plan": "pro"}}


@pytest.fixture
def ada(client: TestClient) -> str:
    return str(client.post("/leads", json=ADA).json()["lead"]["id"])


def feature_of_seats(lead_id: str) -> float:
    with unit_of_work() as session:
        these = these_leads(datetime.now(UTC), [lead_id])
        frame = read_features(session, these, custom_definitions(session))
    return float(frame["attributes.seats"].iloc[0])


def test_null_empties_an_attribute_and_only_that_one(client: TestClient, ada: str) -> None:
    seats = {"attributes.seats": {"operator": "greater_than", "value": 1}}
    assert len(client.post("/leads/search", json={"where": seats}).json()["items"]) == 1
    assert feature_of_seats(ada) == 9
    edited = client.patch(f"/leads/{ada}", json={"attributes": {"seats": None, "new": None}})
    assert edited.status_code == 200
    assert edited.json()["lead"]["attributes"] == {"plan": "pro"}
    assert client.post("/leads/search", json={"where": seats}).json()["items"] == []
    empty = {"attributes.seats": {"operator": "is_empty", "value": True}}
    assert len(client.post("/leads/search", json={"where": empty}).json()["items"]) == 1
    with unit_of_work() as session:
        lead = session.get_one(Lead, ada)
        assert isnan(feature_of_seats(ada))
        # An older file does not bring back what was emptied since.
        assert lead.said["attributes.seats"] > lead.said["*"]
        assert set(session.scalars(select(AttributeDefinition.name))) == {"seats", "plan"}


def test_null_empties_an_attribute_of_a_lead_that_is_sent_again(
    client: TestClient, ada: str
) -> None:
    again = client.post("/leads", json=ADA | {"attributes": {"plan": None, "other": None}})
    assert (again.status_code, again.json()["lead"]["attributes"]) == (200, {"seats": 9.0})
    new = {"email": "new@example.com", "attributes": {"plan": None}}
    assert client.post("/leads", json=new).json()["lead"]["attributes"] == {}


@pytest.mark.parametrize(
    "number",
    ["9007199254740993", "-9007199254740993", "9007199254740993.0", "1e300", "1" + "0" * 400],
)
def test_a_number_that_would_be_stored_as_another_is_refused_with_send_it_as_text(
    client: TestClient, ada: str, number: str
) -> None:
    headers = {"Content-Type": "application/json"}
    body = f'{{"email": "ada@example.com", "attributes": {{"customer": {number}}}}}'
    for method, address in (("POST", "/leads"), ("PATCH", f"/leads/{ada}")):
        answer = client.request(method, address, content=body, headers=headers)
        assert (answer.status_code, kind_of(answer)) == (422, "invalid-input"), answer.text
        [fault] = answer.json()["errors"]
        assert fault["field"] == "attributes.customer"
        assert "must be sent as text" in fault["problem"]
    as_text = {"attributes": {"customer": number, "largest": 9007199254740991}}
    kept = client.patch(f"/leads/{ada}", json=as_text).json()["lead"]["attributes"]
    assert (kept["customer"], kept["largest"]) == (number, 9007199254740991)


@pytest.mark.parametrize(
    ("said", "kind", "what"),
    [
        ({"phone": "call me"}, "invalid-input", "must be a telephone number"),
        ({"phone": "030 12345 or so"}, "phone-refused", "+14155550123"),
        ({"phone": "123 45", "country": "US"}, "phone-refused", "no number in US"),
        ({"country": "Neverland"}, "invalid-input", "such as Germany or DE"),
    ],
)
def test_a_phone_or_country_that_cannot_be_read_is_refused_with_what_to_write(
    client: TestClient, ada: str, said: dict[str, str], kind: str, what: str
) -> None:
    for method, address in (("POST", "/leads"), ("PATCH", f"/leads/{ada}")):
        body = {"email": "ada@example.com", "industry": "energy"} | said
        answer = client.request(method, address, json=body)
        assert (answer.status_code, kind_of(answer)) == (422, kind), answer.text
        assert what in answer.text
    assert client.get(f"/leads/{ada}").json()["lead"]["industry"] is None


@pytest.mark.parametrize(
    ("amount", "currency", "send"),
    [
        (10.005, "EUR", "send 10.0"),
        (10.556, "EUR", "send 10.56"),
        (0.001, "JPY", "send 0.00"),
        (1.2345, "KWD", "send 1.23"),
        (1.234, "KWD", "send 1.23"),
        (1e-9, "USD", "send 0.00"),
    ],
)
def test_a_sum_that_would_be_stored_as_another_is_refused_with_what_to_send(
    client: TestClient, ada: str, amount: float, currency: str, send: str
) -> None:
    lead = {"email": "ada@example.com", "budget": amount, "currency": currency}
    edit = {"budget": amount, "currency": currency}
    outcome = {"outcome": "converted", "value": amount, "currency": currency}
    for method, address, body in (
        ("POST", "/leads", lead),
        ("PATCH", f"/leads/{ada}", edit),
        ("POST", f"/leads/{ada}/outcomes", outcome),
    ):
        answer = client.request(method, address, json=body)
        assert (answer.status_code, kind_of(answer)) == (422, "invalid-input"), answer.text
        [fault] = answer.json()["errors"]
        assert fault["field"] in ("budget", "value")
        assert "at most two decimals" in fault["problem"]
        assert send in fault["problem"]
    assert client.get(f"/leads/{ada}").json()["lead"]["budget"] is None
    [still_open] = client.get("/leads?status=open").json()["items"]
    assert still_open["id"] == ada


@pytest.mark.parametrize("amount", [10.56, 1234.5, 0.1 + 0.2, 0.01, 999999999999.99, 0])
def test_a_sum_in_hundredths_is_kept_as_it_was_sent(
    client: TestClient, ada: str, amount: float
) -> None:
    edited = client.patch(f"/leads/{ada}", json={"budget": amount, "currency": "JPY"})
    assert edited.json()["lead"]["budget"] == pytest.approx(amount, abs=1e-12)
    told = client.post(f"/leads/{ada}/outcomes", json={"outcome": "converted", "value": amount})
    assert (told.status_code, told.json()["value"]) == (201, edited.json()["lead"]["budget"])


def test_an_extension_is_kept(client: TestClient, ada: str) -> None:
    for phone in ("+1 415 555 0100 ext 5", "+14155550100;ext=5"):
        edited = client.patch(f"/leads/{ada}", json={"phone": phone})
        assert edited.json()["lead"]["phone"] == "+14155550100;ext=5"


def test_a_country_read_out_of_the_older_location_goes_with_it_and_one_that_was_said_stays(
    client: TestClient, ada: str
) -> None:
    def country(method: str, address: str, **said: Any) -> Any:
        answer = client.request(method, address, json={"email": "ada@example.com"} | said)
        assert answer.status_code in (200, 201), answer.text
        return stored(answer.json()["lead"]["id"])

    def stored(lead_id: str) -> str | None:
        with unit_of_work() as session:
            return session.get_one(Lead, lead_id).country

    for method, address in (("POST", "/leads"), ("PATCH", f"/leads/{ada}")):
        assert country(method, address, location="Berlin, Germany") == "DE"
        assert country(method, address, location="Paris, France") == "FR"
        assert country(method, address, location="Floor 3") is None
    assert country("PATCH", f"/leads/{ada}", location="Berlin, Germany", country="DE") == "DE"
    assert country("PATCH", f"/leads/{ada}", location="Floor 3") == "DE"
    assert country("PATCH", f"/leads/{ada}", country=None) is None
    said = {"location": "Berlin, Germany", "country": "Germany"}
    assert country("POST", "/leads", email="new@example.com", **said) == "DE"
    assert country("POST", "/leads", email="new@example.com", location="Floor 3") == "DE"
