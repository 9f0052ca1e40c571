"""What an address would not look at is refused and never passed over: parameters it does not take,
one value said twice, a body that is no JSON; and HEAD is answered wherever GET is."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from leadflow.gateway.http.permissions import every_route
from tests.integration.follow_ups.test_follow_ups import kind_of

ADA = {"email": "ada@example.com"}
# What a source's address ends with is the source's own.
OTHERS = ("/console", "/webhooks/")


def api_routes(client: TestClient) -> Iterator[tuple[str, APIRoute]]:
    assert isinstance(client.app, FastAPI)
    for route in every_route(client.app):
        if route.include_in_schema and not route.path.startswith(OTHERS):
            yield route.path.replace("{", "").replace("}", ""), route


def test_no_address_takes_a_parameter_that_it_does_not_know(client: TestClient) -> None:
    asked = 0
    for path, route in api_routes(client):
        for method in route.methods or ():
            answer = client.request(method, f"{path}?no_such_thing=1")
            if kind_of(answer) == "not-allowed":
                continue  # people's only
            asked += 1
            assert (answer.status_code, kind_of(answer)) == (422, "invalid-input"), (method, path)
            [fault] = answer.json()["errors"]
            # Where one is needed, that it is missing is said first.
            needed = {
                one.alias for one in route.dependant.query_params if one.field_info.is_required()
            }
            assert fault["field"] in {"no_such_thing"} | needed, (method, path)
    assert asked > 100


@pytest.mark.parametrize(
    ("address", "name", "said"),
    [
        ("GET /tasks?statuss=open", "statuss", "status"),
        ("GET /analytics/leads?since=2026-01-01", "since", "from"),
        ("GET /leads?statsu=lost", "statsu", "Did you mean status"),
        ("POST /leads/search?status=lost", "status", "It takes none"),
        ("POST /leads?source=crm", "source", "It takes none"),
        ("GET /leads?status=open&status=lost", "status", "is said more than once"),
        ("GET /tags?limit=1&limit=2", "limit", "is said more than once"),
    ],
)
def test_a_parameter_that_is_not_taken_is_refused_with_the_nearest_name(
    client: TestClient, address: str, name: str, said: str
) -> None:
    method, _, path = address.partition(" ")
    answer = client.request(method, path, json=ADA if method == "POST" else None)
    assert answer.status_code == 422, answer.text
    [fault] = answer.json()["errors"]
    assert fault["field"] == name
    assert said in fault["problem"]


def test_a_parameter_of_which_several_are_meant_is_said_several_times(client: TestClient) -> None:
    for source in ("crm", "shop", "list"):
        client.post("/leads", json={"email": f"{source}@example.com", "source": source})
    found = client.get("/leads?source=crm&source=shop&limit=10").json()["items"]
    assert sorted(one["source"] for one in found) == ["crm", "shop"]


@pytest.mark.parametrize(
    ("method", "path", "body", "fields"),
    [
        ("POST", "/leads", '{"email": "a@example.com", "budget": 1, "budget": 2}', ["budget"]),
        ("POST", "/leads", '{"email": "a@example.com", "email": "b@example.com"}', ["email"]),
        ("POST", "/leads", '{"attributes": {"a": 1, "b": {}, "a": 1}}', ["attributes.a"]),
        ("POST", "/leads", '{"em\\u0061il": "a@example.com", "email": "b@example.com"}', ["email"]),
        (
            "POST",
            "/leads/search",
            '{"where": {"all": [{"x": 1}, {"x": {}, "x": {}}]}}',
            ["where.all.1.x"],
        ),
        ("POST", "/leads/ID/outcomes", '{"outcome": "lost", "outcome": "converted"}', ["outcome"]),
        (
            "POST",
            "/leads/ID/events",
            '{"type": "meeting", "payload": {"a": 1, "a": 1}}',
            ["payload.a"],
        ),
        (
            "POST",
            "/events",
            '[{}, {"type": "a", "type": "b", "email": 1, "email": 2}]',
            ["1.type", "1.email"],
        ),
        ("PATCH", "/leads/ID", '{"budget": 1, "budget": null, "budget": 1}', ["budget"]),
        ("PUT", "/event-types", '{"event_types": {"demo": {}, "demo": {}}}', ["event_types.demo"]),
    ],
)
def test_a_key_that_stands_twice_is_refused_by_its_name_wherever_it_stands(
    client: TestClient, method: str, path: str, body: str, fields: list[str]
) -> None:
    lead = client.post("/leads", json=ADA).json()["lead"]
    headers = {"Content-Type": "application/json"}
    answer = client.request(method, path.replace("ID", lead["id"]), content=body, headers=headers)
    assert (answer.status_code, kind_of(answer)) == (422, "invalid-input"), answer.text
    said = answer.json()["errors"]
    assert [one["field"] for one in said] == fields
    assert {one["problem"] for one in said} == {"is said more than once, and one value is meant"}
    [kept] = client.get("/leads").json()["items"]
    assert (kept["id"], kept["budget"]) == (lead["id"], None)


def test_one_key_in_several_objects_and_within_texts_is_no_key_twice(client: TestClient) -> None:
    text = '"email": "x", "email": "y"'
    lead = ADA | {"company_name": text, "attributes": {"email": "z", "company_name": text}}
    answer = client.post("/leads", json=lead)
    assert (answer.status_code, answer.json()["lead"]["company_name"]) == (201, text)


@pytest.mark.parametrize(
    ("address", "body", "field", "said"),
    [
        (
            "POST /leads",
            ADA | {"emial": 1},
            "emial",
            "There is no such field. Did you mean email or",
        ),
        ("POST /leads/search", {"statsu": "open"}, "statsu", "Did you mean status?"),
        ("POST /leads/ID/events", [{"type": "meeting", "typ": 1}], "0.typ", "Did you mean type?"),
        (
            "POST /leads/ID/outcomes",
            {"outcome": "lost", "valeu": 1},
            "valeu",
            "Did you mean value?",
        ),
        ("PATCH /leads/ID", {"zzz": 1}, "zzz", "There are attributes, budget, company_name"),
        ("POST /tags", {"lead_ids": [], "adds": []}, "adds", "Did you mean add"),
    ],
)
def test_a_field_that_is_not_taken_is_refused_with_the_nearest_name(
    client: TestClient, address: str, body: object, field: str, said: str
) -> None:
    method, _, path = address.partition(" ")
    lead_id = client.post("/leads", json=ADA).json()["lead"]["id"]
    answer = client.request(method, path.replace("ID", lead_id), json=body)
    assert answer.status_code == 422, answer.text
    problems = {one["field"]: one["problem"] for one in answer.json()["errors"]}
    assert said.lower() in problems[field].lower()


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_does_not_say_it_is_json_is_refused_with_the_header_to_send(
    client: TestClient, kind: str | None
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post("/leads", content=b'{"email": "ada@example.com"}', headers=headers)
    assert (answer.status_code, kind_of(answer)) == (415, "kind-of-body")
    assert "Content-Type: application/json" in answer.json()["detail"]
    assert client.get("/leads").json()["items"] == []


def test_kinds_of_json_are_taken_and_compressed_bodies_are_not(client: TestClient) -> None:
    body = b'{"email": "ada@example.com"}'
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"):
        assert client.post("/leads", content=body, headers={"Content-Type": kind}).is_success
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post("/leads", content=body, headers=packed)
    assert (answer.status_code, kind_of(answer)) == (415, "kind-of-body")
    assert "without Content-Encoding" in answer.json()["detail"]


def test_whoever_is_not_known_is_told_so_first(anonymous: TestClient) -> None:
    answer = anonymous.post("/leads", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 401
    assert anonymous.get("/leads?no_such_thing=1").status_code == 401


def test_head_is_answered_wherever_get_is_with_its_headers_and_no_body(client: TestClient) -> None:
    lead = client.post("/leads", json=ADA).json()["lead"]["id"]
    for path in ("/health/live", "/leads", f"/leads/{lead}", "/tags", "/openapi.json"):
        read, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (read.status_code, b""), path
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == read.headers.get(name), (path, name)
    assert client.head("/leads/lead_none").status_code == 404
    assert client.head(f"/leads/{lead}/merge").status_code == 405
    assert "HEAD" in client.delete("/leads").headers["allow"]
    for path, route in api_routes(client):
        if "GET" in (route.methods or ()):
            answer = client.head(path)
            assert (answer.status_code != 405, answer.content) == (True, b""), path
