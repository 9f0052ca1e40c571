"""leadflow audit: verify, show, export-head and resume, as a person calls them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from leadflow.audit import service as audit
from leadflow.audit.context import acting_from
from leadflow.audit.entries import Entry
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words], env={"COLUMNS": "250"})


@pytest.fixture
def folder(store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where heads are exported to, with a log of five entries."""
    monkeypatch.setattr(get_settings(), "audit_folder", tmp_path)
    with unit_of_work() as session:
        audit.record_many(session, [Entry("ana", "did", f"thing/{n}") for n in range(5)])
    return tmp_path


def tamper(store: Engine, *statements: str) -> None:
    with store.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_sound_log_is_said_to_be_so(folder: Path) -> None:
    told = call("verify")
    assert told.exit_code == 0, told.output
    assert "5 rows read" in told.stdout
    assert "No exported head to compare with" in told.stdout
    assert "Row 5 " in call("export-head").stdout
    told = call("verify")
    assert "1 of 1 exported heads compared" in told.stdout
    assert "as it was written" in told.stdout


def test_the_broken_row_is_named_in_plain_words(folder: Path, store: Engine) -> None:
    tamper(store, "UPDATE audit_log SET actor = 'x' WHERE number = 4")
    told = call("verify")
    assert told.exit_code == 1
    assert "Row 4 is broken: it is not as it was written: a column was changed" in told.stdout
    tamper(store, "DELETE FROM audit_log WHERE number = 2")
    told = call("verify")
    assert (told.exit_code, "Row 2 is broken: row 2 is missing" in told.stdout) == (1, True)
    tamper(store, "DELETE FROM audit_log WHERE number >= 2")
    told = call("verify")
    assert "rows 2 to 5 are missing at the end: the head is row 5" in told.stdout


def test_a_head_kept_elsewhere_finds_a_log_set_back(folder: Path, store: Engine) -> None:
    call("export-head")
    elsewhere = folder / "kept.jsonl"
    (folder / "heads.jsonl").rename(elsewhere)
    tamper(store, "DELETE FROM audit_log", "DELETE FROM audit_head")
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/0")
    assert call("verify").exit_code == 0
    told = call("verify", "--from-head", str(elsewhere))
    assert told.exit_code == 1
    assert (
        "Row 2 is broken: rows 2 to 5 are missing at the end: the head exported at" in told.stdout
    )
    missing = call("verify", "--from-head", str(folder / "none"))
    assert missing.exit_code == 1


def test_what_was_done_to_one_thing_is_shown_newest_last(folder: Path) -> None:
    with unit_of_work() as session, acting_from("gateway", "req-9"):
        audit.record(session, "ana", "lead.accepted", "lead/lead_77", {"rep": "r1"})
        audit.record(session, "b[e]n", "override.made", "lead_77", why="demo", after={"score": 80})
    lines = call("show", "lead_77").stdout.splitlines()
    assert ["lead.accepted" in line for line in lines[-2:]] == [True, False]
    for words in ("b[e]n", "override.made", "demo", 'after {"score": 80}', "gateway req-9"):
        assert words in lines[-1]
    assert len(call("show", "lead_77", "--last", "1").stdout.splitlines()) == 2
    assert "Nothing is written about lead_78" in call("show", "lead_78").stdout


def test_a_head_is_a_line_of_ids_and_hashes(folder: Path) -> None:
    call("export-head")
    (line,) = (folder / "heads.jsonl").read_text().splitlines()
    assert set(json.loads(line)) == {"at", "number", "entry_hash", "mac"}


def test_a_log_whose_head_was_lost_goes_on_when_a_person_says_so(
    folder: Path, store: Engine
) -> None:
    tamper(store, "DELETE FROM audit_head")
    assert "Row 5 is broken: the head beside the log is missing" in call("verify").stdout
    told = call("resume", "--why", "looked into it")
    assert told.exit_code == 0, told.output
    assert "--since 6" in told.stdout
    told = call("verify")
    assert (told.exit_code, "Row 6 is broken: the log was resumed here" in told.stdout) == (1, True)
    assert call("verify", "--since", "6").exit_code == 0


def test_beginning_beyond_the_end_is_no_sound_log_but_a_mistake_that_is_told(
    folder: Path, store: Engine
) -> None:
    assert call("verify", "--since", "5").exit_code == 0
    for beyond in ("6", "7000"):
        told = call("verify", "--since", beyond)
        assert told.exit_code == 1
        assert "as it was written" not in told.stdout
        said = str(told.exception)
        assert said.startswith(f"The log has no row {int(beyond):,} to begin with: its last row is")
    tamper(store, "DELETE FROM audit_log WHERE number >= 4")
    told = call("verify", "--since", "5")
    assert (told.exit_code, "missing at the end: the head is row 5" in told.stdout) == (1, True)
