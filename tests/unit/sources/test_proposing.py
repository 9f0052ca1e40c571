"""A source is proposed from what it has sent, for a person to correct."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.sources.definitions import parse_sources
from leadflow.sources.journals.pages import read_page
from leadflow.sources.mapped import Came
from leadflow.sources.mapping import map_deliveries
from leadflow.sources.proposing import ProposedSource, propose_source, read_samples

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def bottlecrm(number: int) -> dict[str, Any]:
    return {
        "id": f"event-{number}",
        "event": "lead.created",
        "data": {
            "id": f"lead-{number}",
            "first_name": "Ada",
            "last_name": f"Lovelace {number}",
            "email": f"ada{number}@example.com",
            "company_name": f"Acme {number}",
            "title": ("CEO", "CTO")[number % 2],
            "updated_at": f"2026-03-{number + 1:02d}T11:00:00Z",
            "assigned_to": [],
        },
    }


def changed(number: int) -> dict[str, Any]:
    return {
        "id": 100 + number,
        "updatedAt": f"2026-03-{number + 1:02d}T11:00:00Z",
        "properties": {"email": f"ada{number}@example.com", "company": f"Acme {number}"},
    }


def hubspot(number: int) -> list[dict[str, Any]]:
    return [
        {
            "eventId": number,
            "occurredAt": 1767000000000 + number,
            "subscriptionType": "contact.propertyChange",
            "objectId": 100 + number,
            "propertyName": "email",
            "propertyValue": f"ada{number}@example.com",
        }
    ]


def nested(number: int) -> dict[str, Any]:
    return {
        "timestamp": 1767000000 + number,
        "contact": {
            "id": number,
            "properties": {
                "email": {"value": f"ada{number}@example.com"},
                "First Name": "Ada",
                "company": {"size": number * 3 + 1},
                "Plan": ("gold", "silver")[number % 2],
            },
            "visits": [{"at": "2026-01-01"}],
        },
    }


def proposed(of: Any, count: int = 10) -> ProposedSource:
    return propose_source([of(number) for number in range(count)], "crm", "bottlecrm", NOW)


def test_records_within_a_delivery_are_found() -> None:
    content = proposed(bottlecrm).content
    assert content["records"] == "data"
    assert content["mapping"]["key"] == "id"
    assert content["mapping"]["changed_at"] == "updated_at"
    assert content["mapping"]["fields"]["company_name"] == "company_name"
    assert content["mapping"]["fields"]["job_title"] == "title"


def test_a_list_of_events_is_keyed_by_what_it_happened_to() -> None:
    content = proposed(hubspot).content
    assert "records" not in content
    assert content["mapping"]["key"] == "objectId"
    assert content["mapping"]["changed_at"] == "from_ms(occurredAt)"


def test_nested_values_and_odd_names_get_paths_that_lead_to_them() -> None:
    found = proposed(nested)
    mapping = found.content["mapping"]
    assert mapping["fields"] == {
        "email": "properties.email.value",
        "first_name": 'properties."First Name"',
        "company_size": "properties.company.size",
    }
    assert mapping["attributes"]["plan"]["column"] == "properties.Plan"
    assert mapping["changed_at"] == "from_seconds(root().timestamp)"
    assert any("visits" in note for note in found.notes)


@pytest.mark.parametrize("of", [bottlecrm, hubspot, nested])
def test_what_is_proposed_maps_the_samples(of: Any) -> None:
    source = parse_sources({"sources": {"crm": proposed(of).content}})["crm"]
    deliveries = [Came(str(n), str(n), json.dumps(of(n)).encode(), {}, NOW) for n in range(10)]
    mapped = map_deliveries("crm", source, deliveries, NOW, "EUR")
    assert mapped.reasons == {}
    assert mapped.frame is not None
    assert list(mapped.frame["email"]) == [f"ada{n}@example.com" for n in range(10)]


def test_a_line_that_is_no_json_is_named() -> None:
    with pytest.raises(UnreadableFile, match="Line 2 is no JSON"):
        read_samples('{"a": 1}\n{"a": \n')


def test_without_objects_nothing_is_proposed() -> None:
    with pytest.raises(UnreadableFile, match="no objects"):
        propose_source([1, "two"], "crm", "hmac", NOW)


def test_a_journal_is_proposed_from_its_items() -> None:
    """Each change has an id of its own: the items have only that of whom it is of."""
    items = [changed(number) for number in range(12)]
    url = "https://crm.example.com/changes"
    found = propose_source(items, "crm", "hmac", NOW, url)
    journal = parse_sources({"sources": {"crm": found.content}})["crm"].journal
    assert journal is not None
    assert (journal.url, journal.time) == (url, "updatedAt")
    assert any(question.startswith("journal: ") for question in found.questions)
    page = json.dumps({"items": items}).encode()
    read = read_page(journal, page, NOW).items
    assert read[3].id == "103:2026-03-04T11:00:00Z"
    assert read[3].time == datetime(2026, 3, 4, 11, tzinfo=UTC)


def test_the_id_of_a_change_is_taken_where_items_have_one() -> None:
    items = [hubspot(number)[0] for number in range(12)]
    found = propose_source(items, "crm", "hmac", NOW, "https://crm.example.com/changes")
    journal = parse_sources({"sources": {"crm": found.content}})["crm"].journal
    assert journal is not None
    [read] = read_page(journal, json.dumps({"items": items[3:4]}).encode(), NOW).items
    assert read.id == "3"
    assert read.time is not None
    assert read.time.timestamp() == 1767000000.003
