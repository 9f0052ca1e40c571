"""What was said of a lead later is never overwritten by what was written earlier."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from sqlalchemy import Engine, select

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import ImportSummary, import_file
from leadflow.intake.rows import take_rows
from leadflow.leads.editing import edit_lead
from leadflow.leads.files import quarantine
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.storing import staging
from leadflow.leads.schemas import LeadEdit, LeadIn
from leadflow.leads.tables import Lead, Outcome
from leadflow.leads.upsert import upsert_leads
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAPPING: dict[str, Any] = {
    "source": "crm",
    "key": "id",
    "fields": {
        "email": "mail",
        "job_title": "title",
        "company_size": "staff",
        "location": "place",
        "country": "land",
        "first_name": "first",
        "phone": "tel",
        "budget": "sum",
        "website_visits": "visits",
    },
    "attributes": {"plan": {"column": "plan", "kind": "categorical"}},
}
COLUMNS = ("id", "mail", "title", "staff", "place", "land", "first", "tel", "sum", "visits", "plan")


def run(engine: Engine, path: Path, now: datetime, *rows: dict[str, str], **more: Any) -> str:
    """Import these rows; the id of the row that was set aside, if one was."""
    columns = (*COLUMNS, *({name for row in rows for name in row} - {*COLUMNS}))
    path.write_text("\n".join(json.dumps(dict.fromkeys(columns) | row) for row in rows))
    imported(engine, path, now, **more)
    with unit_of_work(engine) as session:
        waiting = quarantine.waiting_rows(session)
        return waiting[-1].id if waiting else ""


def imported(engine: Engine, path: Path, now: datetime, **more: Any) -> ImportSummary:
    return import_file(path, parse_mapping(MAPPING | more), get_settings(), engine, now)


def mended(engine: Engine, row_id: str, now: datetime, **changes: str) -> None:
    with unit_of_work(engine) as session:
        row = quarantine.mend(session, row_id, changes, now, "USD", take_rows)
        assert row.status == "stored"


def the_lead(engine: Engine) -> Lead:
    with unit_of_work(engine) as session:
        lead = session.scalars(select(Lead)).one()
        session.expunge(lead)
        return lead


BAD = {"id": "1", "staff": "few"}
OLD = {
    **BAD,
    "mail": "old@example.com",
    "title": "Intern",
    "place": "Paris, France",
    "first": "Old",
    "tel": "+33123456789",
    "sum": "5",
    "visits": "1",
    "plan": "free",
}
EDITS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"job_title": "CEO"}, {"job_title": "CEO", "seniority": "executive"}),
    ({"job_title": None}, {"job_title": None, "seniority": None}),
    ({"location": "Austin, TX"}, {"location": "Austin, TX", "country": "US", "region": "TX"}),
    ({"country": "BE"}, {"location": None, "country": "BE"}),
    ({"first_name": "New"}, {"first_name": "New"}),
    ({"phone": "+4930123456"}, {"phone": "+4930123456"}),
    ({"budget": 900}, {"budget_minor": 90_000}),
    ({"website_visits": 9}, {"website_visits": 9}),
    ({"email": "new@example.com"}, {"email": "new@example.com"}),
    ({"attributes": {"plan": "pro"}}, {"attributes": {"plan": "pro"}}),
]


@pytest.mark.few(3)
@pytest.mark.parametrize(("edit", "kept"), EDITS, ids=[str(*edit) for edit, _ in EDITS])
def test_an_old_row_that_is_mended_changes_only_what_was_not_said_anew(
    store: Engine, tmp_path: Path, edit: dict[str, Any], kept: dict[str, Any]
) -> None:
    with unit_of_work(store) as session:
        first = {"email": "first@example.com", "source": "crm", "external_id": "1"}
        known = LeadIn.model_validate(first | {"job_title": "VP"} if "job_title" in edit else first)
        lead_id = upsert_leads(session, [known], NOW - HOUR)[0].lead.id
    row = run(store, tmp_path / "leads.jsonl", NOW, OLD)
    with unit_of_work(store) as session:
        edit_lead(session, lead_id, LeadEdit.model_validate(edit), NOW + HOUR)
    mended(store, row, NOW + 2 * HOUR, staff="12")
    lead = the_lead(store)
    assert {name: getattr(lead, name) for name in kept} == kept
    assert lead.company_size == 12
    if "first_name" not in edit:
        assert lead.first_name == "Old"


@pytest.mark.long
@pytest.mark.parametrize("say", ["edit", "send"])
def test_what_says_no_budget_leaves_an_older_word_of_it_standing(
    store: Engine, tmp_path: Path, say: str
) -> None:
    first = {"email": "first@example.com", "source": "crm", "external_id": "1"}
    with unit_of_work(store) as session:
        lead_id = upsert_leads(session, [LeadIn.model_validate(first)], NOW - HOUR)[0].lead.id
    row = run(store, tmp_path / "leads.jsonl", NOW, OLD)
    with unit_of_work(store) as session:
        if say == "edit":
            edit_lead(session, lead_id, LeadEdit(job_title="CEO"), NOW + HOUR)
        else:
            # A currency belongs to a budget, and none is sent.
            sent = LeadIn.model_validate(first | {"currency": "EUR"})
            upsert_leads(session, [sent], NOW + HOUR)
    mended(store, row, NOW + 2 * HOUR, staff="12")
    assert the_lead(store).budget_minor == 500


def test_a_currency_that_is_edited_is_a_newer_word_of_the_budget(
    store: Engine, tmp_path: Path
) -> None:
    with unit_of_work(store) as session:
        first = {"email": "first@example.com", "source": "crm", "external_id": "1", "budget": 900}
        known = LeadIn.model_validate(first)
        lead_id = upsert_leads(session, [known], NOW - HOUR)[0].lead.id
    row = run(store, tmp_path / "leads.jsonl", NOW, OLD)
    with unit_of_work(store) as session:
        edit_lead(session, lead_id, LeadEdit(currency="EUR"), NOW + HOUR)
    mended(store, row, NOW + 2 * HOUR, staff="12")
    lead = the_lead(store)
    assert (lead.budget_minor, lead.budget_currency) == (90_000, "EUR")


def test_what_was_said_again_as_it_was_is_said_anew_too(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, NOW - HOUR, {"id": "1", "title": "CEO"})
    row = run(store, path, NOW, BAD | {"title": "Intern", "place": "Austin, TX"})
    run(store, path, NOW + HOUR, {"id": "1", "title": "CEO"}, {"id": "2"})
    mended(store, row, NOW + 2 * HOUR, staff="12")
    with unit_of_work(store) as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "1")).one()
        assert (lead.job_title, lead.country, lead.company_size) == ("CEO", "US", 12)


def test_a_mended_row_does_not_overtake_a_later_row_of_its_file(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    later = {"id": "1", "title": "CEO", "plan": "pro"}
    row = run(store, path, NOW, BAD | {"title": "Intern", "plan": "free", "first": "Ada"}, later)
    mended(store, row, NOW + HOUR, staff="12")
    lead = the_lead(store)
    assert (lead.job_title, lead.attributes, lead.first_name) == ("CEO", {"plan": "pro"}, "Ada")


def test_a_corrected_mapping_over_an_old_file_leaves_what_was_said_since(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, NOW, {"id": "1", "title": "Intern", "staff": "10", "plan": "free"})
    with unit_of_work(store) as session:
        lead_id = session.scalars(select(Lead.id)).one()
        edit_lead(session, lead_id, LeadEdit(job_title="CEO"), NOW + HOUR)
    plan = {"plan": {"column": "plan", "kind": "categorical", "values": {"free": "basic"}}}
    imported(store, path, NOW + 2 * HOUR, attributes=plan)
    lead = the_lead(store)
    assert (lead.job_title, lead.attributes) == ("CEO", {"plan": "basic"})


CHANGED = {"changed_at": "changed"}


@pytest.mark.few(1)
@pytest.mark.parametrize("turned", [False, True])
def test_where_a_file_says_when_a_row_changed_the_older_row_loses(
    store: Engine, tmp_path: Path, turned: bool
) -> None:
    old = {"id": "1", "title": "Intern", "place": "Austin, TX", "changed": "2026-01-01"}
    new = {"id": "1", "title": "CEO", "changed": "2026-02-01T08:00:00Z"}
    run(store, tmp_path / "a.jsonl", NOW, *((new, old) if turned else (old, new)), **CHANGED)
    lead = the_lead(store)
    assert (lead.job_title, lead.country) == ("CEO", "US")
    # An older export that comes later changes nothing of it, and a person's edit outlasts both.
    run(store, tmp_path / "b.jsonl", NOW + HOUR, old | {"place": "Paris, France"}, **CHANGED)
    lead = the_lead(store)
    assert (lead.job_title, lead.country) == ("CEO", "FR")
    with unit_of_work(store) as session:
        edit_lead(session, lead.id, LeadEdit(job_title="CTO"), NOW + 2 * HOUR)
    run(store, tmp_path / "c.jsonl", NOW + 3 * HOUR, new | {"title": "CMO"}, **CHANGED)
    assert the_lead(store).job_title == "CTO"


def test_a_moment_of_change_in_the_future_is_set_aside(store: Engine, tmp_path: Path) -> None:
    row = {"id": "1", "changed": "2027-01-01"}
    assert run(store, tmp_path / "a.jsonl", NOW, row, **CHANGED)
    with unit_of_work(store) as session:
        (waiting,) = quarantine.waiting_rows(session)
    assert waiting.reasons == [{"field": "changed_at", "rule": "is in the future"}]


@pytest.mark.long
def test_a_mapping_that_begins_to_name_the_moment_of_change_is_not_held_up_by_the_first_import(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    rows = (
        {"id": "1", "title": "CEO", "changed": "2026-02-01"},
        {"id": "1", "title": "Intern", "changed": "2026-01-01"},
    )
    run(store, path, NOW, *rows)
    assert the_lead(store).job_title == "Intern"
    imported(store, path, NOW + HOUR, **CHANGED)
    assert the_lead(store).job_title == "CEO"


ENDS = {
    "outcome": {"column": "state", "converted": ["won"], "lost": ["lost"], "at": "closed"},
    "created_at": "since",
}


def test_an_old_row_that_is_mended_does_not_move_an_outcome_that_was_told_since(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    ended = {"id": "1", "since": "2025-01-01", "state": "won"}
    row = run(store, path, NOW, ended | {"closed": "2025-05-05", "staff": "few"}, **ENDS)
    run(store, path, NOW + HOUR, ended | {"closed": "2025-06-06"}, **ENDS)
    mended(store, row, NOW + 2 * HOUR, staff="12")
    with unit_of_work(store) as session:
        told = session.scalars(select(Outcome)).one()
        assert told.occurred_at.month == 6


def test_an_edit_that_comes_while_a_batch_is_stored_is_not_overwritten(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work(store) as session:
        known = LeadIn.model_validate({"email": "a@x.example.com", "source": "crm", "budget": 7})
        lead_id = upsert_leads(session, [known], NOW - HOUR)[0].lead.id

    def edit() -> None:
        with unit_of_work(store) as session:
            edit_lead(session, lead_id, LeadEdit(budget=900), NOW + HOUR)

    editing, copy = Thread(target=edit), cast(Callable[..., None], vars(staging)["_copy"])

    def slowly(*given: Any) -> None:
        editing.start()
        editing.join(timeout=1)  # it has ended by now, unless it waits for the batch
        copy(*given)

    monkeypatch.setattr(staging, "_copy", slowly)
    run(store, tmp_path / "leads.jsonl", NOW, {"id": "1", "mail": "a@x.example.com", "sum": "5"})
    editing.join(timeout=30)
    assert the_lead(store).budget_minor == 90_000


def test_a_row_without_a_day_of_its_end_that_is_mended_late_ended_by_when_its_file_came(
    store: Engine, tmp_path: Path
) -> None:
    ended = {"id": "1", "since": "2026-02-25", "state": "lost", "staff": "few"}
    ends = {"column": "state", "converted": ["won"], "lost": ["lost"], "after": "60d"}
    after = ENDS | {"outcome": ends}
    row = run(store, tmp_path / "leads.jsonl", NOW, ended, **after)
    mended(store, row, NOW + 240 * HOUR, staff="12")
    with unit_of_work(store) as session:
        assert session.scalars(select(Outcome.occurred_at)).one() == NOW
