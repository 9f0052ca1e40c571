"""What refusals and pages advise is done, word by word, and helps."""

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from leadflow.accounts import signing_in
from leadflow.accounts.people import add_person
from leadflow.audit import exporting
from leadflow.audit import service as audit
from leadflow.audit.exporting import LogSetBack
from leadflow.audit.head import AuditLogBroken
from leadflow.backup.making import make_backup
from leadflow.backup.refusals import BackupFailed
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.rendering import STATIC
from leadflow.outbox.service import enqueue
from leadflow.settings import get_settings

NOTICE: dict[str, Any] = {
    "what": "assigned",
    "rep_id": None,
    "to": "rep",
    "lead_ids": [],
    "leads": 0,
}


def follow(advice: str, command: str, **own: str) -> str:
    """Type the command of this name as the advice says, with one's own words for those in
    capitals; what it prints."""
    found = re.search(rf"leadflow ({command}[^\n`)<]*)", advice)
    assert found is not None, advice
    line = found[1]
    for placeholder, value in own.items():
        assert placeholder in line, line
        line = line.replace(placeholder, value)
    told = CliRunner().invoke(app, shlex.split(line.rstrip(".")), env={"COLUMNS": "250"})
    assert told.exit_code == 0, told.output
    return told.output


@pytest.fixture
def folder(store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(get_settings(), "audit_folder", tmp_path)
    return tmp_path


def without_protection(store: Engine, *statements: str) -> None:
    with store.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def test_resume_after_the_database_was_set_back(folder: Path, store: Engine) -> None:
    def export() -> None:
        with unit_of_work() as session:
            exporting.export_head(session, get_settings(), datetime.now(UTC))

    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/1")
        enqueue(session, "notify_rep", "pending", NOTICE)
    export()
    without_protection(store, "TRUNCATE audit_log, audit_head")
    with pytest.raises(LogSetBack) as refused:
        export()
    told = follow(str(refused.value), "audit resume")
    export()
    follow(told, "audit verify")
    listed = follow(told, "outbox list")
    assert "pending" in listed


def test_resume_after_the_head_was_lost(folder: Path, store: Engine) -> None:
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/1")
    without_protection(store, "DELETE FROM audit_head")
    with pytest.raises(AuditLogBroken) as refused, unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/2")
    follow(str(refused.value), "audit resume")
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/2")


@pytest.mark.parametrize("what", ["settle", "retry"])
def test_settling_and_retrying_what_is_uncertain(folder: Path, store: Engine, what: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    with unit_of_work() as session:
        enqueue(session, "notify_rep", "pending", NOTICE)
        session.execute(text("UPDATE outbox SET status = 'uncertain', ended_at = now()"))
        row_id = session.execute(text("SELECT id FROM outbox")).scalar_one()
    assert row_id in follow(guide, "outbox list")
    why = {"ID": row_id, "…": "asked"}
    follow(guide, f"outbox {what} ID", **why)
    with unit_of_work() as session:
        status = session.execute(text("SELECT status FROM outbox")).scalar_one()
    assert status == ("done" if what == "settle" else "waiting")


def test_a_new_password_lets_somebody_in_who_had_guessed_wrong(store: Engine) -> None:
    """As the page for signing in says."""
    page = (STATIC.parent / "templates" / "sign_in.html").read_text()
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["analyst"], "test", password="correct horse battery")
    now = datetime.now(UTC)
    for _ in range(12):
        with unit_of_work() as session:
            signing_in.sign_in(session, "ana", "wrong", now, 1, "here")
    with unit_of_work() as session:
        token, _ = signing_in.sign_in(session, "ana", "correct horse battery", now, 1, "here")
        assert token is None, "they have to wait"
    told = follow(page, "people password", NAME="ana")
    [password] = [word for word in re.findall(r"[\w-]{12,}", told) if not word.isalpha()][:1]
    with unit_of_work() as session:
        later = datetime.now(UTC) + timedelta(seconds=1)
        token, why = signing_in.sign_in(session, "ana", password, later, 1, "here")
    assert token is not None, why
    follow(page, "people add", NAME="ben")


def test_a_key_is_made_as_the_refusal_says(store: Engine) -> None:
    from leadflow.accounts.keys import KeyNotFound, rotate_key

    with pytest.raises(KeyNotFound) as refused, unit_of_work() as session:
        rotate_key(session, "website", datetime.now(UTC), timedelta(days=1), "test")
    assert "lf_" in follow(str(refused.value), "keys create")


def test_a_backup_goes_where_there_is_room(store: Engine, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed) as refused:
        make_backup(get_settings(), Path("/proc/none.backup"), datetime.now(UTC))
    told = follow(str(refused.value), "backup", FOLDER=str(tmp_path))
    [path] = tmp_path.glob("*.backup")
    assert path.name in told
    follow("leadflow backup --check FILE", "backup --check", FILE=str(path))
