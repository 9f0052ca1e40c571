"""Rows that fail are set aside with reasons, mended, tried again; nothing else waits for them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.intake.files import ImportSummary, import_file
from leadflow.intake.rows import take_rows
from leadflow.intake.too_many_set_aside import TooManySetAside
from leadflow.leads.files import decimal_marks, quarantine
from leadflow.leads.files.biased_rest import biased_rest
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.quarantine import QuarantineError
from leadflow.leads.tables import Lead, QuarantinedRow
from leadflow.scoring.learning.challenger import learn_challenger
from leadflow.settings import get_settings
from models.cannot_learn import BiasedRest

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING: dict[str, Any] = {
    "source": "shop",
    "key": "id",
    "created_at": "since",
    "fields": {"email": "mail", "company_size": "staff", "budget": "budget"},
    "outcome": {"column": "state", "converted": ["won"], "lost": ["lost"], "at": "closed"},
}
HEADER = "id,mail,staff,budget,since,state,closed"
GOOD = "1,ada@example.com,10,500,2025-01-01,won,2025-02-01"
BAD = {
    "2,ada-at-example.com,10,500,2025-01-01,,": ("email", "is not an e-mail address"),
    "3,c@example.com,-5,500,2025-01-01,,": ("company_size", "is not between 0 and 10,000,000"),
    "4,d@example.com,few,500,2025-01-01,,": ("company_size", "is not a number"),
    "5,e@example.com,1.5,500,2025-01-01,,": ("company_size", "is not a whole number"),
    "6,f@example.com,10,-1,2025-01-01,,": ("budget", "is not between 0 and 1,000,000,000,000"),
    "7,g@example.com,10,500,2099-01-01,,": ("created_at", "is in the future or before 1970"),
    "8,h@example.com,10,500,1969-01-01,,": ("created_at", "is in the future or before 1970"),
    "9,i@example.com,10,500,01/02/25,,": (
        "created_at",
        "is not a date such as 2026-01-31; set `format`",
    ),
    "10,j@example.com,10,500,2025-01-01,maybe,2025-02-01": (
        "outcome",
        "is not among the values the mapping names",
    ),
    "11,k@example.com,10,500,2025-01-01,won,": ("outcome", "has no date"),
    "12,l@example.com,10,500,2025-01-01,won,2024-12-31": (
        "occurred_at",
        "is before the lead came in",
    ),
    ",m@example.com,10,500,2025-01-01,,": ("key", "is missing"),
    "15,o@example.com,10,500,2025-01-01": ("row", "has 5 values where the header names 7"),
    "16,p@example.com,1,000,500,2025-01-01,,": ("row", "has 8 values where the header names 7"),
    "17,q\x00@example.com,10,500,2025-01-01,,": ("row", "contains a NUL character"),
}


def run(engine: Engine, path: Path, *lines: str, **mapping: Any) -> ImportSummary:
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return import_file(path, parse_mapping(MAPPING | mapping), get_settings(), engine, NOW)


@pytest.fixture
def waiting(store: Engine, tmp_path: Path) -> list[quarantine.SetAside]:
    """Every kind of bad row, set aside."""
    summary = run(store, tmp_path / "leads.csv", GOOD, *BAD)
    assert (summary.stored.new, summary.set_aside) == (1, len(BAD))
    with unit_of_work(store) as session:
        return quarantine.waiting_rows(session)


def test_each_bad_row_is_set_aside_with_its_reason(waiting: list[quarantine.SetAside]) -> None:
    assert [row.row_number for row in waiting] == list(range(2, len(BAD) + 2))
    for row, expected in zip(waiting, BAD.values(), strict=True):
        assert expected in [(reason["field"], reason["rule"]) for reason in row.reasons]


def test_reasons_never_repeat_the_value(waiting: list[quarantine.SetAside]) -> None:
    said = json.dumps([row.reasons for row in waiting])
    for value in ("example", "few", "-5", "1.5", "2099", "maybe"):
        assert value not in said


def test_a_mended_row_is_checked_again_and_stored(
    store: Engine, waiting: list[quarantine.SetAside]
) -> None:
    first = waiting[0]
    with unit_of_work(store) as session:
        still = quarantine.mend(session, first.id, {"staff": "-1"}, NOW, "USD", take_rows)
        assert (still.status, len(still.reasons)) == ("waiting", 2)
    with unit_of_work(store) as session:
        changes = {"email": "ada2@example.com", "staff": "12"}  # a field of ours, and a column
        done = quarantine.mend(session, first.id, changes, NOW, "USD", take_rows)
    assert (done.status, done.content) == ("stored", {})
    with unit_of_work(store) as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "2")).one()
        assert (lead.email, lead.company_size) == ("ada2@example.com", 12)
        with pytest.raises(QuarantineError, match="stored already"):
            quarantine.mend(session, first.id, {"staff": "1"}, NOW, "USD", take_rows)


def test_a_torn_row_is_never_stored_unseen(
    store: Engine, waiting: list[quarantine.SetAside]
) -> None:
    torn = next(row for row in waiting if "8 values" in row.reasons[0]["rule"])
    with unit_of_work(store) as session:
        retried = quarantine.retry(session, None, NOW, "USD", take_rows)
        assert (retried.stored, retried.waiting) == (0, len(BAD))
        assert quarantine.get_row(session, torn.id).status == "waiting"
        changes = {"staff": "1000", "budget": "500", "since": "2025-01-01", "state": ""}
        assert quarantine.mend(session, torn.id, changes, NOW, "USD", take_rows).status == "stored"


def test_a_discarded_row_keeps_no_content(
    store: Engine, waiting: list[quarantine.SetAside]
) -> None:
    with unit_of_work(store) as session:
        quarantine.discard(session, waiting[0].id, NOW)
    with unit_of_work(store) as session:
        row = quarantine.get_row(session, waiting[0].id)
        assert (row.status, row.content) == ("discarded", {})
        assert len(quarantine.waiting_rows(session)) == len(BAD) - 1
        with pytest.raises(QuarantineError, match="quarantine list"):
            quarantine.get_row(session, "row_0")


def test_a_corrected_mapping_takes_the_place_of_the_first_import(
    store: Engine, tmp_path: Path
) -> None:
    row = "9,i@example.com,10,500,01/02/25,,"
    run(store, tmp_path / "leads.csv", GOOD, row)
    date = {"column": "since", "format": "mixed"}
    again = run(store, tmp_path / "leads.csv", GOOD, row, created_at=date)
    assert (again.stored.new, again.stored.unchanged, again.set_aside) == (1, 1, 0)
    with unit_of_work(store) as session:
        assert quarantine.waiting_rows(session) == []
        assert session.scalars(select(QuarantinedRow.status)).all() == ["discarded"]


def test_a_line_that_is_no_json_is_set_aside_alone(store: Engine, tmp_path: Path) -> None:
    good = {"id": 1, "mail": "ada@example.com", "since": "2025-01-01"}
    path = tmp_path / "leads.jsonl"
    path.write_text(json.dumps(good) + '\n{"id": 2,\n\n' + json.dumps(good | {"id": 3, "mail": ""}))
    columns = {"fields": {"email": "mail"}, "outcome": None}
    summary = import_file(path, parse_mapping(MAPPING | columns), get_settings(), store, NOW)
    assert (summary.rows, summary.stored.new, summary.set_aside) == (3, 2, 1)
    assert summary.reasons["row is not a JSON object"] == 1


def test_characters_that_cannot_be_stored_set_one_row_aside(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    lines = [
        {"id": n, "since": "2025-01-01", "firm": f} for n, f in enumerate(("a\0b", "\ud800", "ü"))
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    columns = {"fields": {"company_name": "firm"}, "outcome": None}
    summary = import_file(path, parse_mapping(MAPPING | columns), get_settings(), store, NOW)
    assert (summary.stored.new, summary.set_aside) == (1, 2)
    assert summary.reasons["row contains a NUL character"] == 1


@pytest.mark.long
def test_text_in_another_encoding_is_read_or_set_aside(store: Engine, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    fields = {"fields": {"company_name": "firm"}, "outcome": None, "created_at": None}
    mapping = parse_mapping(MAPPING | fields)
    path.write_bytes("id,firm\n1,Müller\n".encode("cp1252"))
    import_file(path, mapping, get_settings(), store, NOW)
    many = "".join(f"{number},Größe\n" for number in range(10_000, 20_000))
    path.write_bytes(f"id,firm\n{many}".encode() + "2,Böse\n".encode("cp1252"))
    summary = import_file(path, mapping, get_settings(), store, NOW)
    assert (summary.stored.new, summary.set_aside) == (10_000, 1)
    with unit_of_work(store) as session:
        names = session.scalars(select(Lead.company_name).where(Lead.external_id == "1")).all()
    assert names == ["Müller"]


def test_what_waits_is_grouped_by_reason_wherever_it_is_listed(
    client: TestClient, waiting: list[quarantine.SetAside]
) -> None:
    answer = client.get("/quarantine").json()
    assert answer["rows"] == len(BAD)
    counted = {(group["field"], group["rule"]): group["rows"] for group in answer["groups"]}
    assert counted["created_at", "is in the future or before 1970"] == 2
    assert counted["email", "is not an e-mail address"] == 1
    assert [group["rows"] for group in answer["groups"]] == sorted(counted.values(), reverse=True)
    assert {name for group in answer["groups"] for name in group["files"]} == {"leads.csv"}
    assert "example.com" not in json.dumps(answer)
    page = client.get("/console/quarantine").text
    assert f"Rows of files that were set aside ({len(BAD)})" in page
    assert "is in the future or before 1970</td>" in page


def many(lost_dates: bool, rows: int = 400) -> str:
    """Leads of which the won ones have a day of their end, and the lost ones only if asked."""
    lines = ["id,mail,staff,budget,since,state,closed"]
    for n in range(rows):
        state = ("won", "lost", "lost")[n % 3]
        closed = "2025-02-01" if state == "won" or lost_dates else ""
        lines.append(f"m{n},m{n}@x.example.com,10,500,2025-01-01,{state},{closed}")
    return "\n".join(lines)


def test_an_import_that_would_set_a_tenth_aside_stops_before_it_does_and_goes_on_when_told(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "rest.csv"
    path.write_text(many(lost_dates=False))
    with pytest.raises(TooManySetAside, match="outcome has no date") as stopped:
        import_file(path, parse_mapping(MAPPING), get_settings(), store, NOW)
    assert "--anyway" in str(stopped.value)
    with Session(store) as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0
        assert session.scalar(select(func.count()).select_from(QuarantinedRow)) == 0
    done = import_file(path, parse_mapping(MAPPING), get_settings(), store, NOW, anyway=True)
    assert (done.stored.new, done.set_aside) == (134, 266)


def test_nothing_is_learned_from_a_rest_of_which_one_outcome_was_set_aside(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "rest.csv"
    path.write_text(many(lost_dates=False))
    import_file(path, parse_mapping(MAPPING), get_settings(), store, NOW, anyway=True)
    with Session(store) as session:
        with pytest.raises(BiasedRest, match="266 rows of lost leads are set aside"):
            learn_challenger(unit_of_work, get_settings(), NOW)
        assert biased_rest(session) is not None
    # With a time for those that have no day, all of them come in, and the rest is the whole.
    ended = MAPPING["outcome"] | {"after": "60d"}
    corrected = parse_mapping(MAPPING | {"outcome": ended})
    done = import_file(path, corrected, get_settings(), store, NOW)
    assert (done.stored.new, done.stored.unchanged, done.set_aside) == (266, 134, 0)
    with Session(store) as session:
        assert biased_rest(session) is None


def test_rows_that_fail_alike_for_both_outcomes_leave_a_fair_rest(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "both.csv"
    lines = many(lost_dates=True).split("\n")
    bad = (line.replace(",10,", ",many,", n % 4 == 1) for n, line in enumerate(lines))
    path.write_text("\n".join(bad))
    import_file(path, parse_mapping(MAPPING), get_settings(), store, NOW, anyway=True)
    with Session(store) as session:
        assert biased_rest(session) is None


def test_a_lead_that_ended_of_late_without_a_day_has_ended_by_now(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "late.csv"
    path.write_text(
        "id,mail,staff,budget,since,state,closed\n"
        f"1,a@x.example.com,10,500,{NOW - timedelta(days=5):%Y-%m-%d},lost,\n"
    )
    mapping = parse_mapping(MAPPING | {"outcome": MAPPING["outcome"] | {"after": "60d"}})
    assert import_file(path, mapping, get_settings(), store, NOW).set_aside == 0
    path.write_text(path.read_text() + "2,b@x.example.com,10,500,2025-01-01,won,2025-02-01\n")
    later = NOW + timedelta(days=1)
    again = import_file(path, mapping, get_settings(), store, later)
    assert (again.set_aside, again.stored.outcomes) == (0, 1)  # only of the new one


def test_a_number_that_can_be_read_either_way_waits_until_somebody_says_which(
    store: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.jsonl"
    lines = [{"id": n, "since": "2025-01-01", "budget": b} for n, b in enumerate(("5.000", 1.23))]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    mapping = parse_mapping(MAPPING | {"fields": {"budget": "budget"}, "outcome": None})
    assert import_file(path, mapping, get_settings(), store, NOW).set_aside == 1
    with unit_of_work(store) as session:
        (row,) = quarantine.waiting_rows(session)
        assert "can be a fraction or thousands" in row.reasons[0]["rule"]
        for typed in ("5.000", "$5.000", "+5.000"):
            still = quarantine.mend(session, row.id, {"budget": typed}, NOW, "USD", take_rows)
            assert still.status == "waiting"
        done = quarantine.mend(session, row.id, {"budget": "5000"}, NOW, "USD", take_rows)
        assert done.status == "stored"
        budgets = session.scalars(select(Lead.budget_minor).order_by(Lead.external_id)).all()
        assert budgets == [500_000, 123]


def test_a_number_after_the_rows_that_were_looked_at_is_not_guessed_either(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decimal_marks, "LOOKED_AT", 1)
    path = tmp_path / "leads.csv"
    path.write_text("id,since,budget\n1,2025-01-01,10\n2,2025-01-01,5.000\n")
    mapping = parse_mapping(MAPPING | {"fields": {"budget": "budget"}, "outcome": None})
    summary = import_file(path, mapping, get_settings(), store, NOW)
    assert (summary.stored.new, summary.set_aside) == (1, 1)
