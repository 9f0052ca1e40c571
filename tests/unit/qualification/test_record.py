"""A record says what is stored of a lead and not who the lead is, and cannot leave its place."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.qualification.lead_record import (
    FIELDS,
    LONGEST_RECORD,
    LONGEST_TEXT,
    Record,
    content_hash,
    lead_record,
    record_text,
)


def made(**known: Any) -> Record:
    profile = dict.fromkeys((*FIELDS, "budget_minor", "budget_currency"), None) | known
    return lead_record(profile, {}, None, ("Ada", "Lovelace", None))


@pytest.mark.parametrize(
    "text",
    [
        "write to ada@example.com",
        "call +49 170 1234567 now",
        "call 0170/1234567 now",
        "call (415) 555-0123",
        "Ada Lovelace Consulting",
        "ask for LOVELACE",
    ],
)
def test_who_the_lead_is_is_taken_out_of_what_it_wrote(text: str) -> None:
    said = record_text(made(attributes={"note": text}, company_name=text))
    for personal in ("ada@example.com", "1234567", "555-0123", "Ada", "Lovelace", "LOVELACE"):
        assert personal not in said


def test_figures_and_words_that_name_nobody_stay() -> None:
    record = made(
        company_name="Adamant Ltd",
        company_size=150,
        budget_minor=2_500_000,
        budget_currency="USD",
        service_requirements=["crm", "ads"],
        timeline="1-3 months, 2026-2027",
    )
    assert record == {
        "company_name": "Adamant Ltd",
        "company_size": 150,
        "budget": "25000.00 USD",
        "service_requirements": ["crm", "ads"],
        "timeline": "1-3 months, 2026-2027",
    }


@given(st.text(max_size=600))
def test_whatever_is_written_cannot_end_its_place(text: str) -> None:
    record = made(job_title=text, attributes={"note": text, "{tools}": "{input}"})
    said = record_text(record)
    assert json.loads(said) == record
    assert "<" not in said
    assert ">" not in said
    assert all(mark.isprintable() for mark in said)
    assert not re.search(r"\{\w", said)
    assert len(json.loads(said).get("job_title", "")) <= LONGEST_TEXT


def test_a_record_has_a_greatest_length() -> None:
    long = {f"note_{number}": "ß" * 500 for number in range(200)}
    record = made(attributes=long, service_requirements=["ü" * 200] * 50)
    assert len(record_text(record).encode()) <= LONGEST_RECORD
    assert record["service_requirements"]


def test_the_same_question_has_the_same_hash_and_another_one_another() -> None:
    one = made(attributes={"b": 1, "a": 2}, industry="retail")
    same = made(attributes={"a": 2, "b": 1}, industry="retail")
    assert content_hash(one, "1", "m") == content_hash(same, "1", "m")
    others = {
        content_hash(one, "2", "m"),
        content_hash(one, "1", "n"),
        content_hash(made(industry="retail"), "1", "m"),
    }
    assert len(others | {content_hash(one, "1", "m")}) == 4


def test_what_the_lead_did_is_part_of_the_record() -> None:
    profile = dict.fromkeys((*FIELDS, "budget_minor", "budget_currency"), None)
    moment = datetime(2026, 5, 1, 12, tzinfo=UTC)
    record = lead_record(profile, {"website_visit": 3, "meeting": 1}, moment, ())
    assert record == {
        "events": {"meeting": 1, "website_visit": 3},
        "last_event_on": "2026-05-01",
    }
