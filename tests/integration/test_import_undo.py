"""An import can be taken back, as far as nothing newer stands on it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.database.tables import InboxRow
from leadflow.follow_ups.notes import write_note
from leadflow.follow_ups.tags import tag
from leadflow.follow_ups.tasks import NewTask, add_task
from leadflow.intake.files import ImportInterrupted, ImportSummary, import_file
from leadflow.intake.undoing import AlreadyUndone, Undone, undo_import
from leadflow.leads.editing import edit_lead
from leadflow.leads.files import quarantine
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.storing.staging import IMPORT_LOCK
from leadflow.leads.imports.listing import NoSuchImport, imports
from leadflow.leads.schemas import LeadEdit, LeadIn
from leadflow.leads.tables import AttributeDefinition, Lead, LeadEvent
from leadflow.leads.upsert import upsert_leads
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIELDS = {
    "email": "mail",
    "first_name": "first",
    "phone": "tel",
    "job_title": "title",
    "company_size": "staff",
    "location": "place",
    "budget": "sum",
    "website_visits": "visits",
}
MAPPING: dict[str, Any] = {
    "source": "crm",
    "key": "id",
    "created_at": "since",
    "fields": FIELDS,
    "attributes": {"plan": {"column": "plan", "kind": "categorical"}},
    "outcome": {"column": "state", "converted": ["won"], "lost": ["lost"], "at": "closed"},
}
COLUMNS = ("id", "since", "plan", "state", "closed", *FIELDS.values())
WHOLE = {
    "mail": "b@example.com", "first": "Bea", "tel": "+4930123456", "title": "CEO", "staff": "20",
    "place": "Austin, TX", "sum": "900", "visits": "7", "plan": "pro", "state": "won",
    "closed": "2025-05-05",
}  # fmt: skip


def run(engine: Engine, path: Path, now: datetime, *rows: dict[str, str]) -> ImportSummary:
    empty = dict.fromkeys(COLUMNS) | {"since": "2025-01-01"}
    path.write_text("\n".join(json.dumps(empty | row) for row in rows))
    return import_file(path, parse_mapping(MAPPING), get_settings(), engine, now)


def undone(engine: Engine, summary: ImportSummary) -> Undone:
    with unit_of_work(engine) as session:
        return undo_import(session, summary.inbox_id, NOW + 9 * HOUR)


def everything(engine: Engine) -> list[Any]:
    """All that is known of each lead, its encrypted columns opened, its past and its outcomes."""
    with unit_of_work(engine) as session:
        rest = "- '{id,updated_at,known_from,said,email,phone,first_name,last_name}'::text[]"
        leads = session.scalars(select(Lead).order_by(Lead.id)).all()
        names = [(one.email, one.phone, one.first_name, one.last_name) for one in leads]
        tables = {"leads": "id", "lead_history": "lead_id, known_from", "outcomes": "lead_id"}
        told = [
            session.scalars(text(f"SELECT to_jsonb(t) {rest} FROM {name} t ORDER BY {by}")).all()  # noqa: S608
            for name, by in tables.items()
        ]
        return [names, *told]


def without_past(found: list[Any]) -> list[Any]:
    return [found[0], found[1], found[3]]


def test_leads_values_and_outcomes_are_as_they_were_before(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    with unit_of_work(store) as session:
        sent: dict[str, Any] = {
            "email": "a@example.com",
            "source": "crm",
            "external_id": "1",
            "company_size": 5,
        }
        sent |= {"job_title": "VP", "attributes": {"plan": "free"}, "phone": "+4930999999"}
        upsert_leads(session, [LeadIn.model_validate(sent)], NOW - HOUR)
    run(
        store,
        path,
        NOW,
        {"id": "2", "mail": "c@example.com", "state": "lost", "closed": "2025-04-04"},
    )
    before = everything(store)
    rows = [
        {"id": "1"} | WHOLE,
        {"id": "2", "title": "CTO", "state": "won", "closed": "2025-06-06"},
    ]
    new = {"id": "3", "mail": "d@example.com", "state": "won", "closed": "2025-06-06"}
    second = run(
        store,
        path,
        NOW + HOUR,
        *rows,
        {"id": "2", "title": "CFO"},
        new,
        {"id": "4", "staff": "few"},
    )
    done = undone(store, second)
    assert (done.deleted, done.restored, done.set_aside, done.stays) == (1, 2, 1, {})
    after = everything(store)
    assert without_past(after) == without_past(before)
    # Nothing of it is left in the past either.
    assert not any("CEO" in json.dumps(one) or "CTO" in json.dumps(one) for one in after[2])
    with unit_of_work(store) as session:
        assert quarantine.waiting_rows(session) == []
        assert [one.status for one in imports(session)] == ["undone", "done"]
        with pytest.raises(AlreadyUndone):
            undo_import(session, second.inbox_id, NOW)
        with pytest.raises(NoSuchImport):
            undo_import(session, "inbox_0", NOW)


def test_a_file_whose_import_was_undone_can_be_imported_anew(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    first = run(store, path, NOW, {"id": "1"} | WHOLE)
    undone(store, first)
    with unit_of_work(store) as session:
        # Its attribute is nobody's; another mapping may say anew of which kind it is.
        assert session.scalars(select(AttributeDefinition)).all() == []
    assert run(store, path, NOW + HOUR, {"id": "1"} | WHOLE).stored.new == 1


def test_what_something_newer_stands_on_stays_and_is_listed(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, NOW, {"id": "1", "title": "VP", "staff": "5"})
    rows = [
        {"id": "1", "title": "CEO", "staff": "20"},
        {"id": "2", "title": "A"},
        {"id": "3"},
        {"id": "4"},
    ]
    second = run(store, path, NOW + HOUR, *rows)
    with unit_of_work(store) as session:
        ids = dict(session.execute(select(Lead.external_id, Lead.id)).tuples().all())
        edit_lead(session, ids["1"], LeadEdit(job_title="CTO"), NOW + 2 * HOUR)
        edit_lead(session, ids["2"], LeadEdit(location="Austin, TX"), NOW + 2 * HOUR)
        event = {"lead_id": ids["3"], "type": "website_visit", "source": "api"}
        session.add(LeadEvent(**event, occurred_at=NOW + 2 * HOUR))
    done = undone(store, second)
    assert done.stays == {
        ids["1"]: ["job_title was said anew"],
        ids["2"]: ["was edited or told of since"],
        ids["3"]: ["has events"],
    }
    assert (done.deleted, done.restored) == (1, 1)
    with unit_of_work(store) as session:
        found = select(Lead.external_id, Lead.job_title, Lead.company_size)
        told = session.execute(found.order_by(Lead.external_id)).tuples().all()
    assert told == [("1", "CTO", 5), ("2", "A", None), ("3", None, None)]


def test_a_lead_that_somebody_wrote_down_something_about_stays(
    store: Engine, tmp_path: Path
) -> None:
    made = run(store, tmp_path / "leads.jsonl", NOW, *({"id": str(one)} for one in range(1, 6)))
    with unit_of_work(store) as session:
        ids = dict(session.execute(select(Lead.external_id, Lead.id)).tuples().all())
        by, at = "person_ann", NOW + HOUR
        write_note(session, ids["1"], "Calls back", by, at)
        add_task(session, [NewTask(ids["2"], "Call", None, None)], by, at)
        tag(session, [ids["3"]], ["vip"], by, at)
        tag(session, [ids["4"]], ["nurtured"], "rules", at)
    done = undone(store, made)
    assert done.stays == {
        ids["1"]: ["has notes"],
        ids["2"]: ["has tasks"],
        ids["3"]: ["was tagged"],
    }
    assert done.deleted == 2


def test_an_imports_budget_goes_with_it_whatever_else_was_edited_since(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, NOW, {"id": "1", "sum": "5"})
    second = run(store, path, NOW + HOUR, {"id": "1", "sum": "900"})
    with unit_of_work(store) as session:
        lead_id = session.scalars(select(Lead.id)).one()
        edit_lead(session, lead_id, LeadEdit(job_title="CTO"), NOW + 2 * HOUR)
    assert undone(store, second).stays == {}
    with unit_of_work(store) as session:
        found = session.execute(select(Lead.job_title, Lead.budget_minor)).tuples().one()
    assert found == ("CTO", 500)


def test_addresses_go_back_too_unless_they_are_somebody_elses_by_now(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    first = [{"id": n, "mail": f"{n}@example.com"} for n in "123"]
    run(store, path, NOW, *first)
    moved = [
        {"id": "1", "mail": "x@example.com"},
        {"id": "2", "mail": "y@example.com"},
        {"id": "3", "mail": "1@example.com"},
    ]
    second = run(store, path, NOW + HOUR, *moved)
    with unit_of_work(store) as session:
        sent = LeadIn.model_validate({"email": "2@example.com", "source": "api"})
        upsert_leads(session, [sent], NOW + 2 * HOUR)
        ids = dict(session.execute(select(Lead.external_id, Lead.id)).tuples().all())
    assert undone(store, second).stays == {ids["2"]: ["email was said anew"]}
    with unit_of_work(store) as session:
        found = {one.external_id: one.email for one in session.scalars(select(Lead))}
    assert found == {
        "1": "1@example.com", "2": "y@example.com", "3": "3@example.com", None: "2@example.com",
    }  # fmt: skip


@pytest.mark.long
def test_imports_may_be_undone_in_any_order(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    run(store, path, NOW, {"id": "1", "title": "VP", "plan": "free", "first": "Ada"})
    before = everything(store)
    second = run(
        store, path, NOW + HOUR, {"id": "1", "title": "CEO", "plan": "pro", "first": "Bea"}
    )
    third = run(
        store, path, NOW + 2 * HOUR, {"id": "1", "title": "CTO", "plan": "max", "first": "Eve"}
    )
    assert undone(store, second).stays
    assert undone(store, third).stays == {}
    assert without_past(everything(store)) == without_past(before)


def ids_of_leads(engine: Engine) -> list[str | None]:
    with unit_of_work(engine) as session:
        return list(session.scalars(select(Lead.external_id).order_by(Lead.external_id)))


def a_lead_without_an_id(engine: Engine) -> str:
    with unit_of_work(engine) as session:
        sent = LeadIn.model_validate({"email": "a@example.com", "source": "crm"})
        return upsert_leads(session, [sent], NOW - HOUR)[0].lead.id


def test_an_id_that_the_import_gave_goes_and_the_corrected_file_gives_its_own(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    a_lead_without_an_id(store)
    wrong = run(store, path, NOW, {"id": "WRONG-7", "mail": "a@example.com", "title": "CEO"})
    assert ids_of_leads(store) == ["WRONG-7"]
    assert undone(store, wrong).stays == {}
    assert ids_of_leads(store) == [None]
    run(store, path, NOW + HOUR, {"id": "7", "mail": "a@example.com", "title": "CEO"})
    assert ids_of_leads(store) == ["7"]


@pytest.mark.long
def test_an_id_that_a_later_import_stands_on_stays_until_that_is_undone_too(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    lead = a_lead_without_an_id(store)
    first = run(store, path, NOW, {"id": "7", "mail": "a@example.com", "title": "CEO"})
    second = run(store, path, NOW + HOUR, {"id": "7", "staff": "20"})
    assert undone(store, first).stays == {lead: ["external_id was said anew"]}
    assert ids_of_leads(store) == ["7"]
    assert undone(store, second).stays == {}
    assert ids_of_leads(store) == [None]


def test_an_id_that_a_person_gave_since_stays(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    lead = a_lead_without_an_id(store)
    wrong = run(store, path, NOW, {"id": "WRONG-7", "mail": "a@example.com", "title": "CEO"})
    with unit_of_work(store) as session:
        edit_lead(session, lead, LeadEdit(external_id="7"), NOW + HOUR)
    undone(store, wrong)
    assert ids_of_leads(store) == ["7"]


def test_an_import_that_is_undone_after_its_last_row_is_never_done(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    path.write_text(json.dumps(dict.fromkeys(COLUMNS) | {"id": "1", "since": "2025-01-01"}))

    def undo(_: int) -> None:
        with unit_of_work(store) as session:
            (running,) = imports(session)
            undo_import(session, running.id, NOW)

    with pytest.raises(ImportInterrupted, match="has just been undone"):
        import_file(path, parse_mapping(MAPPING), get_settings(), store, NOW, on_progress=undo)
    with unit_of_work(store) as session:
        assert [one.status for one in imports(session)] == ["undone"]


def somebody_waits(session: Session) -> None:
    """Go on once another transaction waits for a lock."""
    until = time.monotonic() + 30
    while not session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_running_import_and_its_undoing_wait_for_each_other_in_one_order(
    store: Engine, tmp_path: Path
) -> None:
    summary = run(store, tmp_path / "leads.jsonl", NOW, {"id": "1"})
    turn = text(f"SELECT pg_try_advisory_xact_lock({IMPORT_LOCK})")
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(store) as storing:
            # As a batch that is stored: the record of the import first, then its turn to write.
            storing.get_one(InboxRow, summary.inbox_id, with_for_update=True)
            undoing = pool.submit(undone, store, summary)
            somebody_waits(storing)
            assert storing.scalar(turn)
        assert undoing.result(timeout=30).deleted == 1


def test_a_row_that_is_mended_never_waits_for_the_undoing_that_waits_for_it(
    store: Engine, tmp_path: Path
) -> None:
    summary = run(store, tmp_path / "leads.jsonl", NOW, {"id": "1"})
    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(store) as mending:
            # A mended row takes its turn to write first, and names the import in what it writes.
            mending.execute(text(f"SELECT pg_advisory_xact_lock({IMPORT_LOCK})"))
            undoing = pool.submit(undone, store, summary)
            somebody_waits(mending)
            named = {"read": True, "key_share": True, "nowait": True}
            mending.get_one(InboxRow, summary.inbox_id, with_for_update=named)
        assert undoing.result(timeout=30).deleted == 1
