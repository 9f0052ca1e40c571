"""A company's file comes in once, whole, checked, and without readable personal data."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from leadflow.intake.files import ImportSummary, import_file
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.settings import Settings, get_settings

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING: dict[str, Any] = {
    "source": "shop",
    "key": "id",
    "created_at": "since",
    "fields": {
        "email": "mail",
        "last_name": "name",
        "phone": "tel",
        "company_size": "staff",
        "budget": "budget",
        "job_title": "title",
        "location": "place",
        "service_requirements": "wants",
        "website_visits": "visits",
    },
    "attributes": {
        "plan": {"column": "plan", "kind": "categorical", "missing": ["unknown"]},
        "seats": {"column": "seats", "kind": "numeric"},
        "trial": {"column": "trial", "kind": "boolean"},
    },
    "outcome": {
        "column": "state",
        "converted": ["won"],
        "lost": ["lost"],
        "open": ["open"],
        "at": "closed",
        "value": "paid",
    },
    "ignore": {"minutes": "known only after the call"},
}
Run = Callable[..., ImportSummary]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "mail": f"Person{number}@Firm{number}.example.com",
        "name": f"Lovelace{number}",
        "tel": f"+44 20 7946 {number:04}",
        "staff": 10 + number,
        "budget": 1000.5 + number,
        "title": "Head of IT",
        "place": "Austin, TX",
        "wants": "crm; seo",
        "visits": number,
        "plan": "pro" if number % 2 else "unknown",
        "seats": number / 4,
        "trial": number % 2 == 0,
        "since": f"2025-01-{number % 28 + 1:02}",
        "state": ("won", "lost", "open")[number % 3],
        "closed": "2025-03-01" if number % 3 < 2 else None,
        "paid": 99.99 if number % 3 == 0 else None,
        "minutes": f"zzminutes{number}",
    } | changes


ROWS = [row(number) for number in range(1, 31)]


def write_csv(path: Path, rows: list[dict[str, Any]], separator: str = ",") -> Path:
    import csv

    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(ROWS[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def run(store: Engine) -> Run:
    """Import a file in batches of sixteen rows."""

    def _run(path: Path, batch: int = 16, now: datetime = NOW, **mapping: Any) -> ImportSummary:
        settings = get_settings().model_copy(update={"import_batch": batch})
        return import_file(path, parse_mapping(MAPPING | mapping), settings, store, now)

    return _run


def leads(engine: Engine) -> list[dict[str, Any]]:
    """Every lead without what differs between two imports."""
    query = (
        "SELECT to_jsonb(l) - '{email,phone,first_name,last_name}'::text[]"
        " - '{id,said,updated_at,known_from}'::text[]"
        " || jsonb_build_object('outcomes', (SELECT jsonb_agg(to_jsonb(o) - '{id,lead_id}'::text[])"
        " FROM outcomes o WHERE o.lead_id = l.id)) FROM leads l ORDER BY external_id"
    )
    with engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_a_file_becomes_leads_outcomes_and_features(
    store: Engine, run: Run, tmp_path: Path
) -> None:
    summary = run(write_csv(tmp_path / "leads.csv", ROWS))
    assert summary.counts() == {
        "rows": 30,
        "set_aside": 0,
        "new": 30,
        "updated": 0,
        "unchanged": 0,
        "outcomes": 20,
    }
    first = next(lead for lead in leads(store) if lead["external_id"] == "c3")
    assert (first["company_size"], first["budget_minor"], first["country"]) == (13, 100_350, "US")
    assert (first["seniority"], first["service_requirements"]) == ("director", ["crm", "seo"])
    assert first["attributes"] == {"plan": "pro", "seats": 0.75, "trial": False}
    assert first["created_at"] == first["counted_at"] == "2025-01-04T00:00:00+00:00"
    assert first["email_kind"] == "company"
    assert first["has_phone"]
    [outcome] = first["outcomes"]
    assert (outcome["outcome"], outcome["value_minor"]) == ("converted", 9999)
    assert outcome["known_at"] == outcome["occurred_at"] == "2025-03-01T00:00:00+00:00"
    assert count(store, "attribute_definitions") == 3
    assert count(store, "audit_log") == 1


def test_the_same_file_twice_changes_nothing(store: Engine, run: Run, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "leads.csv", ROWS)
    first = run(path)
    before = leads(store)
    again = run(path, now=datetime(2026, 4, 1, tzinfo=UTC))
    assert again.finished_before == NOW
    assert again.counts() == first.counts()
    assert leads(store) == before
    assert count(store, "lead_history") == 0


def test_the_same_rows_under_another_name_make_no_second_lead(
    store: Engine, run: Run, tmp_path: Path
) -> None:
    run(write_csv(tmp_path / "leads.csv", ROWS))
    before = leads(store)
    again = run(write_csv(tmp_path / "other.csv", ROWS, separator=";"), batch=11)
    assert (again.stored.new, again.stored.updated, again.stored.unchanged) == (0, 0, 30)
    assert again.stored.outcomes == 0
    assert leads(store) == before


def test_a_later_file_updates_only_what_it_says(store: Engine, run: Run, tmp_path: Path) -> None:
    run(write_csv(tmp_path / "leads.csv", ROWS))
    changes = {"staff": 500, "title": "", "seats": "", "mail": "new@firm.example.com"}
    again = run(write_csv(tmp_path / "later.csv", [row(3, **changes), row(4)]))
    assert (again.stored.new, again.stored.updated, again.stored.unchanged) == (0, 1, 1)
    changed = next(lead for lead in leads(store) if lead["external_id"] == "c3")
    assert (changed["company_size"], changed["seniority"]) == (500, "director")
    assert changed["attributes"]["seats"] == 0.75
    with store.connect() as connection:
        known_from = connection.execute(
            text("SELECT known_from FROM leads WHERE external_id = 'c3'")
        ).scalar_one()
        kept = connection.execute(text("SELECT company_size FROM lead_history")).scalar_one()
    assert (known_from, kept) == (NOW, 13)


def test_an_interrupted_import_goes_on_where_it_stopped(
    store: Engine, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadflow.intake import files, rows

    path, calls = write_csv(tmp_path / "leads.csv", ROWS), []

    def breaks(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return stored(*arguments)

    stored = rows.take_rows
    monkeypatch.setattr(files, "take_rows", breaks)
    with pytest.raises(KeyboardInterrupt):
        run(path, batch=7)
    assert count(store, "leads") == 14
    summary = run(path, batch=7)
    assert len(calls) == 3 + 3  # rows 15 to 30 are left: three batches
    assert (summary.rows, summary.stored.new, count(store, "leads")) == (30, 30, 30)


@pytest.mark.few(2)
@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "parquet", "csv.gz"])
def test_every_kind_of_file_gives_the_same_leads(
    store: Engine, run: Run, tmp_path: Path, kind: str
) -> None:
    run(write_csv(tmp_path / "leads.csv", ROWS))
    expected = leads(store)
    with store.begin() as connection:
        # What only ever grows goes along.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("TRUNCATE leads, inbox CASCADE"))
    path = tmp_path / f"leads.{kind}"
    if kind == "parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress((tmp_path / "leads.csv").read_bytes()))
    else:
        content = "\n".join(json.dumps(item) for item in ROWS).encode()
        path.write_bytes(gzip.compress(content) if kind.endswith("gz") else content)
    run(path)
    assert leads(store) == expected


def test_nothing_in_the_store_names_a_person_or_keeps_an_ignored_column(
    store: Engine, run: Run, tmp_path: Path
) -> None:
    run(write_csv(tmp_path / "leads.csv", [*ROWS, row(31, mail="Person31.example", staff=-1)]))
    assert count(store, "quarantined_rows") == 1
    with store.connect() as connection:
        tables = ("leads", "outcomes", "inbox", "quarantined_rows", "audit_log")
        stored = "".join(
            str(value).lower()
            for table in tables
            for value in connection.execute(text(f"SELECT t::text FROM {table} t")).scalars()  # noqa: S608
        )
    for secret in ("person", "lovelace", "4420794600", "zzminutes"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


def test_rows_without_a_key_are_told_apart_by_their_place_in_this_file(
    store: Engine, run: Run, tmp_path: Path
) -> None:
    fields = {"company_size": "staff"}
    first = write_csv(tmp_path / "january.csv", ROWS[:10])
    second = write_csv(tmp_path / "february.csv", ROWS[10:20])
    for path in (first, second, first):
        run(path, key="row", fields=fields)
    assert count(store, "leads") == 20


def test_a_sequence_dates_the_rows_of_a_file_without_dates(
    store: Engine, run: Run, tmp_path: Path
) -> None:
    sequence = {"sequence": {"start": "2025-05-01", "every": "90m"}}
    outcome = {"column": "state", "converted": ["won"], "lost": ["lost", "open"], "after": "2d"}
    run(write_csv(tmp_path / "leads.csv", ROWS), created_at=sequence, outcome=outcome)
    found = {lead["external_id"]: lead for lead in leads(store)}
    assert found["c17"]["created_at"] == "2025-05-02T00:00:00+00:00"
    assert found["c17"]["outcomes"][0]["occurred_at"] == "2025-05-04T00:00:00+00:00"


def test_a_joined_file_adds_its_columns(store: Engine, run: Run, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text("firm,branch\nc1,Retail\nc2,Energy\n")
    join = {"file": "firms.csv", "column": "id", "key": "firm", "prefix": "firm"}
    fields = MAPPING["fields"] | {"industry": "firm.branch"}
    run(write_csv(tmp_path / "leads.csv", ROWS), joins=[join], fields=fields)
    found = {lead["external_id"]: lead["industry"] for lead in leads(store)}
    assert (found["c1"], found["c2"], found["c3"]) == ("retail", "energy", None)


def test_an_attribute_cannot_become_another_kind(run: Run, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "leads.csv", ROWS)
    run(path)
    with pytest.raises(MappingError, match=r"attributes\.seats is categorical here and numeric"):
        run(path, attributes={"seats": {"column": "seats", "kind": "categorical"}})


def test_settings_bound_the_rows_in_memory(run: Run, tmp_path: Path) -> None:
    assert Settings.model_fields["import_batch"].default == 20_000
    seen: list[int] = []
    settings = get_settings().model_copy(update={"import_batch": 8})
    from leadflow.database.engine import get_engine

    path = write_csv(tmp_path / "leads.csv", ROWS)
    import_file(path, parse_mapping(MAPPING), settings, get_engine(), NOW, seen.append)
    assert seen == [8, 8, 8, 6]
