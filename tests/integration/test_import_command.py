"""What a person sees who brings a file in and mends what did not fit."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from leadflow.cli.importing import OpenQuestions
from leadflow.cli.main import app
from leadflow.database.tables import InboxRow
from leadflow.leads.tables import Lead, QuarantinedRow

CSV = """contact_id,email,employees,plan,created,stage,closed_at
1,grace-at-example.com,20,basic,2025-01-02,lost,2025-03-02
""" + "".join(
    f"{n},person{n}@example.com,{n},{('pro', 'basic')[n % 2]},2025-01-03,{('won', 'lost')[n % 2]},"
    "2025-03-03\n"
    for n in range(2, 11)
)


@pytest.fixture
def folder(store: Engine, tmp_path: Path) -> Iterator[Path]:
    """A folder to work in, with a file to bring in."""
    (tmp_path / "shop.csv").write_text(CSV)
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


def count(store: Engine, table: type) -> int:
    with Session(store) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_without_a_mapping_one_is_proposed_and_nothing_is_stored(
    store: Engine, folder: Path
) -> None:
    shown = call("import", "shop.csv")
    assert shown.exit_code == 0, shown.output
    assert "leadflow import shop.csv --mapping shop.mapping.yaml" in shown.output
    assert (count(store, Lead), count(store, InboxRow)) == (0, 0)
    proposed = folder / "shop.mapping.yaml"
    proposed.write_text(proposed.read_text() + "# corrected by hand\n")
    again = call("import", "shop.csv")
    assert "is there already and stays as it is" in again.output
    assert proposed.read_text().endswith("# corrected by hand\n")


def test_a_proposal_can_be_imported_as_it_is(store: Engine, folder: Path) -> None:
    call("import", "shop.csv")
    shown = call("import", "shop.csv", "--mapping", "shop.mapping.yaml")
    assert "10 rows read: 9 new leads, 0 updated, 0 unchanged; 9 outcomes." in shown.output
    assert "1 row was set aside:\n  1 × email is not an e-mail address" in shown.output
    assert "leadflow quarantine list" in shown.output
    again = call("import", "shop.csv", "--mapping", "shop.mapping.yaml")
    assert "Already imported on" in again.output
    assert "9 rows of leads. Nothing changed." in again.output
    assert count(store, Lead) == 9


CLEAN = CSV.replace("grace-at-example.com", "grace@example.com")


def test_a_proposal_without_an_open_question_is_taken_in_one_go(
    store: Engine, folder: Path
) -> None:
    (folder / "clean.csv").write_text(CLEAN)
    shown = call("import", "clean.csv", "--accept")
    assert shown.exit_code == 0, shown.output
    assert "Taken as it is" in shown.output
    assert "10 rows read: 10 new leads" in shown.output
    assert (folder / "clean.mapping.yaml").is_file()
    again = call("import", "clean.csv", "--accept")
    assert "clean.mapping.yaml is there already" in str(again.exception)
    assert count(store, Lead) == 10


def test_a_proposal_that_leaves_something_open_is_not_taken(store: Engine, folder: Path) -> None:
    unsure = CLEAN.replace(",basic,", ",5.000,").replace(",pro,", ",7.000,")
    (folder / "asked.csv").write_text(unsure)
    shown = call("import", "asked.csv", "--accept")
    assert isinstance(shown.exception, OpenQuestions)
    assert "To be answered by you:" in shown.output
    assert "# To be answered: " in (folder / "asked.mapping.yaml").read_text()
    assert count(store, Lead) == 0


def test_a_time_made_up_for_when_leads_ended_is_asked_about_above_all_else(
    store: Engine, folder: Path
) -> None:
    rows = [line.rpartition(",")[0] for line in CLEAN.splitlines()]
    (folder / "endless.csv").write_text("\n".join([*rows, rows[-1]]) + "\n")
    shown = call("import", "endless.csv", "--accept")
    assert isinstance(shown.exception, OpenQuestions)
    said = " ".join(shown.output.split())
    assert said.startswith("To be answered by you: - When did leads end?")
    assert "Look at this first: - 11 rows are of 10 leads: 1 row has the e-mail address" in said
    assert said.index("11 rows are of 10 leads") < said.index("Becomes")
    assert "Answer the 1 question at the top in it, then:" in said
    assert "# To be answered: When did leads end?" in (folder / "endless.mapping.yaml").read_text()
    assert count(store, Lead) == 0


def test_a_small_file_of_a_known_source_is_no_reason_to_forget_what_others_told(
    store: Engine, folder: Path
) -> None:
    (folder / "clean.csv").write_text(CLEAN)
    assert call("import", "clean.csv", "--accept").exit_code == 0
    head, *rows = CLEAN.splitlines()
    same = [row.replace("basic", "pro").replace("won", "lost") for row in rows]
    (folder / "few.csv").write_text("\n".join([head, *same]).replace("@", "@new.") + "\n")
    shown = call("import", "few.csv", "--accept", "--source", "clean")
    assert isinstance(shown.exception, OpenQuestions)
    assert "Earlier files of clean told of plan" in " ".join(shown.output.split())
    assert "outcome" in shown.output
    with Session(store) as session:
        assert all("plan" in lead.attributes for lead in session.scalars(select(Lead)))


def test_an_import_that_stops_says_how_to_go_on_and_goes_on(store: Engine, folder: Path) -> None:
    rows = "".join(f"{n},nobody{n},5,pro,2025-01-03,lost,\n" for n in range(50, 80))
    (folder / "bad.csv").write_text(CLEAN + rows)
    mapping = folder / "bad.mapping.yaml"
    mapping.write_text("source: bad\nkey: contact_id\nfields: {email: email}\n")
    stopped = call("import", "bad.csv", "--mapping", str(mapping))
    assert "30 would be set aside" in str(stopped.exception)
    assert "--anyway" in str(stopped.exception)
    assert (count(store, Lead), count(store, QuarantinedRow)) == (0, 0)
    shown = call("import", "bad.csv", "--mapping", str(mapping), "--anyway")
    assert "10 new leads" in shown.output
    assert count(store, QuarantinedRow) == 30


def test_a_row_set_aside_is_found_shown_mended_and_stored(store: Engine, folder: Path) -> None:
    call("import", "shop.csv")
    call("import", "shop.csv", "--mapping", "shop.mapping.yaml")
    with Session(store) as session:
        row_id = session.scalars(select(QuarantinedRow.id)).one()
    listed = call("quarantine", "list")
    assert row_id in listed.output
    assert "1 row waits to be mended:" in listed.output
    assert "1 × email is not an e-mail address" in listed.output
    assert "grace" not in listed.output
    assert "grace-at-example.com" in call("quarantine", "show", row_id).output
    assert "0 rows stored; 1 goes on waiting." in call("quarantine", "retry", "--all").output
    worse = call("quarantine", "mend", row_id, "employees=many")
    assert "company_size is not a number" in worse.output
    done = call("quarantine", "mend", row_id, "email=grace@example.com", "employees=20")
    assert "Mended and stored." in done.output
    assert count(store, Lead) == 10
    assert "No row waits to be mended." in call("quarantine", "list").output
