"""Many leads are read page by page: listed, searched, as far as the caller may see."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

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
    assert found(leads, sort="company_size") == [0, 1, 2, 3, 4]
    listed = leads.get("/leads", params={"limit": 2, "source": "web", "fields": "email,score"})
    assert [item.keys() for item in listed.json()["items"]] == [{"id", "email", "score"}] * 2


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
        ("mu", []),
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
