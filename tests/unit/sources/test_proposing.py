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
from leadflow.sources.proposing.proposal import ProposedSource, propose_source
from leadflow.sources.proposing.samples import read_samples, values_of

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


def stripe(number: int) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": "customer.updated",
        "data": {
            "object": {
                "id": f"ch_{number}",
                "object": "charge",
                "customer": f"cus_{number}",
                "billing": {"email": f"ada{number}@example.com"},
            }
        },
    }


def of_a_customer(number: int) -> dict[str, Any]:
    whole = stripe(number)
    del whole["data"]["object"]["id"]
    return whole


def contact(number: int) -> dict[str, Any]:
    return {
        "id": str(1000 + number),
        "properties": {
            "hs_object_id": str(1000 + number),
            "email": f"ada{number}@example.com",
            "company": f"Acme {number}",
            "lifecyclestage": ("lead", "customer")[number % 2],
        },
        "createdAt": f"2026-01-{number + 1:02d}T11:00:00Z",
        "updatedAt": f"2026-03-{number + 1:02d}T11:00:00Z",
    }


def flat(number: int) -> dict[str, Any]:
    return {"id": number, "event": "lead.created", "email": f"ada{number}@example.com"}


def in_a_list(number: int) -> dict[str, Any]:
    person = {"id": number, "email": f"ada{number}@example.com"}
    return {"events": [{"type": "changed", "lead": person}]}


def key_of(found: ProposedSource) -> str | None:
    said: str | None = found.content["mapping"].get("key")
    return said


@pytest.mark.parametrize("of", [stripe, flat])
def test_an_id_that_may_be_that_of_what_happened_is_asked_and_not_proposed(of: Any) -> None:
    found = proposed(of)
    assert key_of(found) is None
    [question] = [one for one in found.questions if one.startswith("key:")]
    assert "not that of what happened" in question
    assert ("id or customer" in question) == (of is stripe)
    assert ("id", "asked", "may be the lead's own id") in found.lines


def test_of_what_happened_the_one_it_happened_to_is_the_key() -> None:
    found = proposed(of_a_customer)
    assert (key_of(found), found.content["records"]) == ("customer", "data.object")


def test_an_object_with_its_values_in_a_bag_is_a_record_by_its_own_id() -> None:
    found = proposed(contact)
    assert (key_of(found), found.content.get("records")) == ("id", None)
    assert found.content["mapping"]["fields"]["email"] == "properties.email"
    assert found.content["mapping"]["changed_at"] == "updatedAt"


def test_records_in_each_item_of_a_list_are_reached() -> None:
    content = proposed(in_a_list).content
    assert content["records"] == "events[].lead"
    source = parse_sources({"sources": {"crm": content}})["crm"]
    came = [Came("1", "1", json.dumps(in_a_list(7)).encode(), {}, NOW)]
    mapped = map_deliveries("crm", source, came, NOW, "EUR")
    assert (mapped.reasons, mapped.records) == ({}, {"1": 1})


def ended(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"ada{number}@example.com",
        "stage": ("won", "lost", "open")[number % 3],
        "currency": ("EUR", "USD")[number % 2],
        **more,
    }


def test_what_ended_is_dated_by_what_a_delivery_says_and_never_by_a_time_after() -> None:
    for more, at in (
        ({}, "received_at()"),
        ({"updated_at": "2026-03-01T10:00:00Z"}, "updated_at"),
        ({"closed_at": "2026-03-02T10:00:00Z"}, "closed_at || received_at()"),
    ):
        found = propose_source([ended(n, **more) for n in range(12)], "crm", "bottlecrm", NOW)
        outcome = found.content["mapping"]["outcome"]
        assert (outcome["at"], "after" in outcome) == (at, False)
        parse_sources({"sources": {"crm": found.content}})
        said = " ".join([*found.notes, *found.questions])
        assert "outcome.after" not in said
        assert "sort the file" not in said


def test_dates_that_may_be_read_in_two_ways_are_asked_and_not_written() -> None:
    bodies = [ended(n, renewed=f"0{n % 9 + 1}/0{n % 7 + 1}/2026") for n in range(12)]
    found = propose_source(bodies, "crm", "bottlecrm", NOW)
    assert "renewed" not in found.content["mapping"].get("attributes", {})
    assert any(one.startswith("renewed: day and month") for one in found.questions)
    assert ("renewed", "asked", "its dates may be read in two ways") in found.lines


@pytest.mark.parametrize("of", [bottlecrm, hubspot, nested, stripe, contact, flat, ended])
def test_the_table_says_what_is_written(of: Any) -> None:
    found = proposed(of)
    mapping = found.content["mapping"]
    named = {
        name: said if isinstance(said, str) else said["column"]
        for name, said in mapping.get("fields", {}).items()
    }
    for path, becomes, _ in found.lines:
        if becomes in ("key", "changed_at"):
            assert path in mapping[becomes]
        elif becomes.startswith("attribute "):
            assert mapping["attributes"][becomes.removeprefix("attribute ")]["column"] == path
        elif becomes in named:
            assert named.pop(becomes) == path
        else:
            assert becomes in ("not stored", "asked") or becomes.startswith("outcome"), becomes
    assert named == {}


def test_moments_without_a_zone_are_asked_for_theirs() -> None:
    bodies = [ended(n, updated_at=f"2026-03-{n + 1:02d}T10:00:00") for n in range(12)]
    questions = propose_source(bodies, "crm", "bottlecrm", NOW).questions
    assert any(one.startswith("zone: moments such as those at updated_at") for one in questions)


SOAP = """<?xml version="1.0"?><Envelope><Body><notifications><OrganizationId>00D</OrganizationId>
<Notification><Id>04l{0}</Id><sObject><Id>00Q{0}</Id><Email>ada{0}@example.com</Email>
<LastModifiedDate>2026-03-0{0}T10:00:00Z</LastModifiedDate></sObject></Notification>
</notifications></Body></Envelope>
"""


def test_a_source_is_proposed_from_xml_and_from_forms() -> None:
    samples = read_samples("".join(SOAP.format(n) for n in range(1, 8)))
    assert len(samples) == 7
    found = propose_source(values_of(samples), "crm", "salesforce", NOW)
    assert found.content["records"] == "Envelope.Body.notifications.Notification"
    assert found.content["mapping"] == {
        "key": "sObject.Id",
        "changed_at": "sObject.LastModifiedDate",
        "fields": {"email": "sObject.Email"},
    }
    source = parse_sources({"sources": {"crm": found.content}})["crm"]
    came = [Came("1", "1", samples[0], {}, NOW)]
    assert map_deliveries("crm", source, came, NOW, "EUR").reasons == {}
    forms = read_samples("id=1&email=ada%40example.com\nid=2&email=bob%40example.com\n")
    form = propose_source(values_of(forms), "crm", "twilio", NOW)
    assert form.content["mapping"]["fields"] == {"email": "email"}


def test_one_document_over_several_lines_is_one_sample() -> None:
    assert len(read_samples("<a>\n<b>1</b>\n</a>\n")) == 1
    assert len(read_samples("<a>1</a>\n<a>2</a>\n")) == 2
