"""Many leads are read page by page: listed, searched, as far as the caller may see."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from leadflow.database.engine import Use
from leadflow.search import branches, service
from leadflow.search.schemas import FieldName, LeadListed
from tests.statements import counted

NAMES = [
    ("Zoë", "Müller", "Köhler & Söhne"),
    ("Zoe", "O'Brien", "Techcorp"),
    ("Bo", "Li", "HP"),
    ("Anna-Lena", "Mullins", "Müllabfuhr"),
    (None, None, "100% Corp"),
]


@pytest.fixture
def leads(client: TestClient) -> TestClient:
    """Some leads, each with a name, a company and a place in a row."""
    for number, (first, last, company) in enumerate(NAMES):
        body = {
            "email": f"lead{number}@company.example",
            "first_name": first,
            "last_name": last,
            "company_name": company,
            "company_size": number * 10,
            "industry": ["retail", "finance"][number % 2],
            "attributes": {
                "plan": "Pro" if number else "Basic",
                "seats": number / 2,
                "vip": not number,
            },
            "source": "web" if number < 3 else "fair",
        }
        assert client.post("/leads", json=body).status_code == 201
    return client


def found(client: TestClient, **search: Any) -> list[int]:
    """The numbers of the leads that a search finds, on pages of two."""
    numbers: list[int] = []
    cursor = None
    while True:
        answer = client.post("/leads/search", json=search | {"limit": 2, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        numbers += [int(item["email"].partition("@")[0][4:]) for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return numbers
        assert len(page["items"]) == 2


def where(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {field: {"operator": operator, "value": value}}


def test_leads_are_listed_newest_first_and_each_once(leads: TestClient) -> None:
    assert found(leads) == [4, 3, 2, 1, 0]
    assert found(leads, sort="created_at") == [0, 1, 2, 3, 4]
    # A key that programs send with all they send is in nobody's way.
    keyed = leads.post("/leads/search", json={}, headers={"Idempotency-Key": "one"})
    assert (keyed.status_code, len(keyed.json()["items"])) == (200, 5)
    assert found(leads, sort="company_size") == [0, 1, 2, 3, 4]
    listed = leads.get("/leads", params={"limit": 2, "source": "web", "fields": "email,score"})
    assert [item.keys() for item in listed.json()["items"]] == [{"id", "email", "score"}] * 2


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("muller", [0]),
        ("MÜLL", [3, 0]),
        ("mull zoe", [0]),
        ("zoe", [1, 0]),
        ("obri", [1]),
        ("o'brien", [1]),
        ("lena", [3]),
        ("li", [2]),
        ("uller", []),
    ],
)
def test_a_name_is_found_by_how_its_words_begin(
    leads: TestClient, name: str, numbers: list[int]
) -> None:
    assert found(leads, name=name) == numbers


def test_a_company_is_found_by_its_parts(leads: TestClient) -> None:
    assert found(leads, company="kohler") == [0]
    assert found(leads, company="SÖHNE köhler") == [0]
    assert found(leads, company="corp") == [4, 1]
    assert found(leads, company="100% Corp") == [4]
    assert found(leads, company="1_0% corp") == []


def test_conditions_are_those_of_rules(leads: TestClient) -> None:
    assert found(leads, where=where("attributes.plan", "equals", "PRO")) == [4, 3, 2, 1]
    assert found(leads, where=where("attributes.seats", "equals", 1.5)) == [3]
    assert found(leads, where=where("attributes.seats", "greater_than", 1)) == [4, 3]
    assert found(leads, where=where("attributes.vip", "equals", True)) == [0]
    assert found(leads, where=where("company_size", "between", [10, 30])) == [3, 2, 1]
    assert found(leads, where=where("company_size", "less_than", 0.5)) == [0]
    both = {"any": [where("industry", "in", ["Retail"]), where("company_name", "equals", "hp")]}
    assert found(leads, where=both) == [4, 2, 0]
    assert found(leads, where={"none": [where("source", "equals", "web")]}) == [4, 3]
    assert found(leads, source=["fair"], where=where("industry", "equals", "retail")) == [4]


def test_tags_and_segments_are_searched_too(leads: TestClient) -> None:
    ids = [item["id"] for item in leads.get("/leads").json()["items"]]
    tagged = leads.post("/tags", json={"lead_ids": ids[1:3], "add": ["VIP"]})
    assert tagged.status_code == 200, tagged.text
    assert found(leads, where=where("tags", "contains", "vip")) == [3, 2]
    shops = {"conditions": where("industry", "equals", "retail")}
    assert leads.put("/segments", json={"segments": {"shops": shops}}).status_code == 200
    assert found(leads, where=where("segments", "contains", "shops")) == [4, 2, 0]
    both = where("segments", "contains", "shops") | where("tags", "contains", "VIP")
    assert found(leads, where=both) == [2]
    unknown = leads.post("/leads/search", json={"where": where("segments", "contains", "x")})
    assert unknown.json()["type"] == "/problems/search-invalid"


def test_what_is_said_of_a_search_is_understood_or_refused_with_its_place(
    leads: TestClient,
) -> None:
    wrong = {"where": {"any": [where("level", "equals", "tepid"), {"age": {}}]}, "company": "hp x"}
    said = leads.post("/leads/search", json=wrong | {"name": "-"}).json()
    assert said["type"] == "/problems/search-invalid"
    places = {error["place"]: error["problem"] for error in said["errors"]}
    assert places.keys() >= {"where.any[0].level.value", "where.any[1].age", "name", "company"}
    assert "company_name" in places["company"]
    for query in ({"limit": 501}, {"limit": 0}, {"sort": "email"}, {"fields": "secret"}, {"x": 1}):
        assert leads.get("/leads", params=query).status_code == 422
    assert leads.get("/leads", params={"owner": "nobody-known"}).status_code == 404
    assert {*get_args(FieldName)} == LeadListed.model_fields.keys()


def test_a_cursor_of_another_search_or_one_that_was_altered_is_refused(leads: TestClient) -> None:
    following = leads.get("/leads", params={"limit": 2}).json()["next"]
    for query in (
        {"cursor": following, "sort": "created_at"},
        {"cursor": following, "source": "web"},
        {"cursor": following[:-1]},
        {"cursor": "x" + following},
        {"cursor": "é"},
        {"cursor": ""},
    ):
        said = leads.get("/leads", params=query).json()
        assert said["type"] == "/problems/cursor-refused", query
    rest = leads.get("/leads", params={"cursor": following, "limit": 500, "fields": "id"})
    assert len(rest.json()["items"]) == 3


def test_pages_lose_and_repeat_nothing_while_leads_come_in(leads: TestClient) -> None:
    first = leads.get("/leads", params={"limit": 2, "sort": "-created_at"}).json()
    assert leads.post("/leads", json={"email": "new@company.example"}).status_code == 201
    rest = leads.get("/leads", params={"limit": 9, "cursor": first["next"]}).json()
    seen = [item["email"][4] for item in first["items"] + rest["items"]]
    assert seen == ["4", "3", "2", "1", "0"]


def test_the_score_that_counts_decides_order_and_level_and_who_has_none_comes_last(
    leads: TestClient, store: Engine
) -> None:
    ids = {item["email"]: item["id"] for item in leads.get("/leads").json()["items"]}
    with store.begin() as connection:
        for number in range(4):
            connection.execute(
                text(
                    "UPDATE lead_scores SET total_score = :total, level = 'cold' "
                    "WHERE lead_id = :id"
                ),
                {"total": 10 * number, "id": ids[f"lead{number}@company.example"]},
            )
        connection.execute(
            text("DELETE FROM lead_scores WHERE lead_id = :id"),
            {"id": ids["lead4@company.example"]},
        )
    override = {"new_score": 15, "reason": "known better"}
    own = ids["lead3@company.example"]
    assert leads.post(f"/leads/{own}/score-override", json=override).status_code == 201
    assert found(leads, sort="-score") == [2, 3, 1, 0, 4]
    assert found(leads, sort="score") == [0, 1, 3, 2, 4]
    assert found(leads, sort="-score", level=["cold"]) == [2, 1, 0]
    assert found(leads, sort="score", where=where("total_score", "between", [10, 15])) == [1, 3]
    assert found(leads, where=where("total_score", "greater_or_equal", 15)) == [3, 2]
    assert found(leads, sort="-budget") == [4, 3, 2, 1, 0]
    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    assert found(leads, scored_since=since) == [3, 2, 1, 0]
    assert found(leads, created_until=since) == []


def test_how_a_lead_ended_is_looked_up(leads: TestClient) -> None:
    ids = [item["id"] for item in leads.get("/leads").json()["items"]]
    for lead_id, outcome in zip(ids, ("converted", "lost"), strict=False):
        assert leads.post(f"/leads/{lead_id}/outcomes", json={"outcome": outcome}).is_success
    assert found(leads, status="converted") == [4]
    assert found(leads, status="lost") == [3]
    assert found(leads, status="open") == [2, 1, 0]


def test_a_search_that_takes_too_long_is_refused_with_what_is_fast(
    leads: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = text("SELECT set_config('statement_timeout', '50ms', true)")
    made = branches.statement
    monkeypatch.setattr(service, "PLANNED", soon)
    monkeypatch.setattr(
        service, "statement", lambda *words: made(*words).where(text("pg_sleep(9) IS NOT NULL"))
    )
    said = leads.post("/leads/search", json={"sort": "created_at"}).json()
    assert said["type"] == "/problems/search-too-slow"
    assert "company_size" in said["detail"]
    assert Use.SEARCH.value.statement < Use.REQUEST.value.statement


def test_a_page_of_fifty_takes_as_many_statements_as_one_of_one(leads: TestClient) -> None:
    for number in range(50):
        leads.post("/leads", json={"email": f"more{number}@company.example"})
    leads.get("/leads")
    sent = []
    for limit in (1, 50):
        with counted() as statements:
            assert len(leads.get("/leads", params={"limit": limit}).json()["items"]) == limit
        # Now and then the key is looked up anew.
        sent.append(len([one for one in statements if "api_keys" not in one]))
    assert sent[0] == sent[1] < 20, sent
