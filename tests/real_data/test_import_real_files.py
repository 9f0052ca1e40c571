"""Three companies' real files come in whole, by their example mappings, without their leaks."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from leadflow.intake.files import ImportSummary

BringIn = Callable[..., ImportSummary]
pytestmark = [pytest.mark.real_data, pytest.mark.uncounted]
TABLES = ("leads", "outcomes", "attribute_definitions", "inbox", "quarantined_rows", "audit_log")


def one(store: Engine, query: str) -> Any:
    with store.connect() as connection:
        return connection.execute(text(query)).scalar_one()


def outcomes(store: Engine) -> dict[str, int]:
    query = "SELECT outcome, count(*) FROM outcomes GROUP BY 1"
    with store.connect() as connection:
        return dict(connection.execute(text(query)).tuples().all())


def attributes(store: Engine) -> set[str]:
    with store.connect() as connection:
        query = "SELECT DISTINCT jsonb_object_keys(attributes) FROM leads"
        return set(connection.execute(text(query)).scalars())


@pytest.mark.long
def test_all_calls_of_the_bank_come_in_without_their_length(
    store: Engine, bring_in: BringIn
) -> None:
    summary = bring_in("bank_marketing")
    assert (summary.rows, summary.stored.new, summary.set_aside) == (41_188, 41_188, 0)
    assert outcomes(store) == {"converted": 4_640, "lost": 36_548}
    assert len(attributes(store)) == 19
    assert not {name for name in attributes(store) if "duration" in name}
    names = "SELECT count(*) FROM attribute_definitions WHERE name || label ILIKE '%duration%'"
    assert one(store, names) == 0
    span = "SELECT min(created_at)::date || ' ' || max(created_at)::date FROM leads"
    assert one(store, span) == "2008-05-01 2010-11-02"
    assert one(store, "SELECT count(*) FROM leads WHERE attributes ? 'days_since_contact'") == 1_515


def test_the_length_of_a_call_is_stored_nowhere(store: Engine, bring_in: BringIn) -> None:
    assert bring_in("bank_marketing", first=1_000).stored.new == 1_000
    for table in TABLES:
        found = f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%duration%'"  # noqa: S608
        assert one(store, found) == 0


def test_the_pipeline_of_maven_comes_in_with_its_accounts(store: Engine, bring_in: BringIn) -> None:
    summary = bring_in("maven_crm")
    assert (summary.rows, summary.stored.new, summary.set_aside) == (8_800, 8_800, 0)
    assert outcomes(store) == {"converted": 4_238, "lost": 2_473}
    value = "SELECT sum(value_minor) FROM outcomes WHERE value_currency = 'USD'"
    assert one(store, value) == 1_000_553_400
    undated = "SELECT count(*) FROM leads WHERE created_at = '2026-03-01'"
    assert one(store, undated) == 500
    sized = "SELECT count(*) FROM leads WHERE company_size > 0 AND industry IS NOT NULL"
    assert one(store, sized) == 8_800 - 1_425
    placed = "SELECT count(*) FROM leads WHERE company_name IS NOT NULL AND country IS NULL"
    assert one(store, placed) == 0
    assert one(store, "SELECT count(*) FROM leads WHERE attributes->>'list_price' IS NULL") == 0


@pytest.mark.long
def test_the_customers_of_hillstrom_come_in_without_what_they_did_later(
    store: Engine, bring_in: BringIn
) -> None:
    summary = bring_in("hillstrom")
    assert (summary.rows, summary.stored.new, summary.set_aside) == (64_000, 64_000, 0)
    assert outcomes(store) == {"converted": 578, "lost": 63_422}
    assert "arm" in attributes(store)
    assert not {"visit", "spend", "conversion"} & attributes(store)
    assert one(store, "SELECT count(DISTINCT attributes->>'arm') FROM leads") == 3


def test_the_same_real_file_again_changes_nothing(store: Engine, bring_in: BringIn) -> None:
    first = bring_in("maven_crm")
    again = bring_in("maven_crm")
    assert again.finished_before is not None
    assert again.counts() == first.counts()
    assert one(store, "SELECT count(*) FROM lead_history") == 0
