"""A backup is one whole file or none, and is restored only where that is sound."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text

from leadflow.accounts.people import add_person
from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.audit.tables import AuditEntry
from leadflow.audit.verification import verify
from leadflow.backup import databases, making, manifest, restoring, staging
from leadflow.backup.checking import check
from leadflow.backup.making import Made, make_backup
from leadflow.backup.refusals import BackupBroken, BackupFailed, RestoreFailed, RestoreRefused
from leadflow.backup.restoring import examine, holds, restore
from leadflow.database import cluster, embedded, migrate
from leadflow.database.engine import engine_for, unit_of_work
from leadflow.outbox.service import enqueue
from leadflow.outbox.tables import OutboxRow
from leadflow.secret import load_ring, load_secret
from leadflow.settings import Settings, get_settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTICE: dict[str, object] = {
    "what": "assigned",
    "rep_id": None,
    "to": "rep",
    "lead_ids": [],
    "leads": 0,
}


def beside(tmp_path: Path, name: str, **changed: object) -> Settings:
    """An installation with databases of these names on the test server, and the same key."""
    url = make_url(cluster.locate(get_settings()).leadflow).set(drivername="postgresql")
    home = tmp_path / name
    key = (get_settings().home / "secret.key").read_text()
    return Settings(
        home=home,
        database_url=url.set(database=name).render_as_string(hide_password=False),
        secret_key=key,
        audit_folder=tmp_path / "heads",
    ).model_copy(update=changed)


def drop(settings: Settings) -> None:
    for url in databases.of(cluster.locate(settings)).values():
        with psycopg.connect(databases.plain(url, "postgres"), autocommit=True) as connection:
            for end in ("", "_restoring", "_replaced"):
                staging._drop(connection, f"{url.database}{end}")


@pytest.fixture
def there(store: Engine, tmp_path: Path) -> Iterator[Settings]:
    """Where nothing is yet."""
    settings = beside(tmp_path, "restored_here")
    yield settings
    drop(settings)


@pytest.fixture
def filled(store: Engine) -> Engine:
    with unit_of_work() as session:
        add_person(session, "ana", "Ana", ["admin"], "test")
        audit.record_many(session, [Entry("ana", "did", f"thing/{n}") for n in range(5)])
    return store


@pytest.fixture
def made(filled: Engine, tmp_path: Path) -> Made:
    return make_backup(get_settings(), tmp_path, NOW)


def people_in(settings: Settings) -> list[str]:
    with psycopg.connect(databases.plain(cluster.locate(settings).leadflow)) as connection:
        return [name for (name,) in connection.execute("SELECT username FROM people ORDER BY 1")]


def test_it_is_one_file_for_its_owner_and_holds_no_key(made: Made, tmp_path: Path) -> None:
    assert [path.name for path in tmp_path.iterdir()] == ["leadflow-20260301-120000.backup"]
    assert made.path.stat().st_mode & 0o777 == 0o600
    secret = load_secret(get_settings())
    assert check(made.path, secret) == made.manifest
    content = made.path.read_bytes()
    written = (get_settings().home / "secret.key").read_bytes().strip()
    assert secret not in content
    assert written not in content
    assert made.manifest.key_hint == manifest.key_hint(secret)
    assert made.manifest.audit_row == 6


def test_another_file_is_never_written_over(made: Made, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="there already"):
        make_backup(get_settings(), made.path, NOW)
    with pytest.raises(BackupFailed, match="no folder"):
        make_backup(get_settings(), tmp_path / "none" / "x.backup", NOW)


def test_a_full_disk_leaves_nothing_and_says_so_in_a_sentence(
    filled: Engine, tmp_path: Path
) -> None:
    """Files of this process may not grow beyond 20 kB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(BackupFailed, match=r"could not be written .* nothing of it is left"):
            make_backup(get_settings(), tmp_path, NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_a_dump_that_breaks_off_leaves_nothing(
    filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "program", lambda name: Path("/bin/false"))
    with pytest.raises(BackupFailed, match="could not be dumped"):
        make_backup(get_settings(), tmp_path, NOW)
    assert list(tmp_path.iterdir()) == []


def rewritten(made: Made, tmp_path: Path, **files: bytes | None) -> Path:
    """The backup with these files in place of its own; None: left out."""
    other = tmp_path / "other.backup"
    with ZipFile(made.path) as old, ZipFile(other, "w", ZIP_STORED) as new:
        for name in old.namelist():
            content = files.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return other


def test_whatever_is_not_whole_is_refused_and_said_to_be(made: Made, tmp_path: Path) -> None:
    secret, content = load_secret(get_settings()), made.path.read_bytes()
    damaged = tmp_path / "damaged.backup"
    middle = content.index(b"PGDMP") + 1000
    for wrong in (
        content[: len(content) // 2],
        content[:-10],
        b"",
        b"something else",
        content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
    ):
        damaged.write_bytes(wrong)
        with pytest.raises(BackupBroken, match="not a whole backup"):
            check(damaged, secret)
        with pytest.raises(BackupBroken, match="not a whole backup"):
            examine(get_settings(), damaged)
    with pytest.raises(BackupBroken, match="No such file"):
        check(tmp_path / "none", secret)


def test_who_changes_it_without_the_key_is_found_out(made: Made, tmp_path: Path) -> None:
    secret = load_secret(get_settings())
    dump = b"PGDMP and something"
    said = json.loads(manifest.written(made.manifest))
    packed = {"size": len(dump), "sha256": sha256(dump).hexdigest()}
    said["files"]["leadflow.dump"] = packed
    forged = {"leadflow.dump": dump, manifest.NAME: json.dumps(said).encode()}
    with pytest.raises(BackupBroken, match="what it says of itself was changed"):
        check(rewritten(made, tmp_path, **forged), secret)
    with pytest.raises(BackupBroken, match=r"leadflow\.dump is no dump"):
        check(rewritten(made, tmp_path, **forged), None)
    for gone, found in (("mlflow.dump", "does not hold the files"), (manifest.SEAL, "its seal")):
        with pytest.raises(BackupBroken, match=found):
            check(rewritten(made, tmp_path, **{gone: None}), secret)


def test_it_is_not_taken_where_it_could_not_be_read(made: Made, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other", secret_key="A" * 43 + "=")
    with pytest.raises(RestoreRefused, match=rf"key {made.manifest.key_hint}.*secret\.key"):
        examine(other, made.path)
    none = Settings(home=tmp_path / "nothing")
    with pytest.raises(RestoreRefused, match="has no key"):
        examine(none, made.path)
    assert not none.home.exists(), "no key is made for it"


def test_one_from_before_the_master_key_was_replaced_needs_the_key_of_then(
    made: Made, tmp_path: Path
) -> None:
    then = load_ring(get_settings())
    since = then.with_new_key().newest_only()
    settings = Settings(home=tmp_path / "home", secret_key=SecretStr(since.text()))
    with pytest.raises(RestoreRefused, match=r"version 1 of the master key.*LEADFLOW_SECRET_KEY"):
        examine(settings, made.path)
    both = then.with_new_key().newest_first()
    for ring in (then, both):
        settings = Settings(home=tmp_path / "home", secret_key=SecretStr(ring.text()))
        assert examine(settings, made.path) == made.manifest


def test_a_newer_schema_is_refused(made: Made, tmp_path: Path) -> None:
    later = manifest.written(replace(made.manifest, schema="9999"))
    sealed = manifest.seal(load_secret(get_settings()), later).encode()
    path = rewritten(made, tmp_path, **{manifest.NAME: later, manifest.SEAL: sealed})
    with pytest.raises(RestoreRefused, match=r"newer Leadflow .schema 9999"):
        examine(get_settings(), path)


def test_what_was_there_comes_back_and_the_log_says_who_brought_it(
    made: Made, there: Settings
) -> None:
    assert holds(there) is None
    done = restore(there, made.path, "ana", "the disk had died", NOW, lambda words: None)
    assert people_in(there) == ["ana"]
    engine = engine_for(cluster.locate(there).leadflow)
    with unit_of_work(engine) as session:
        entry = session.get_one(AuditEntry, done.row)
        assert (entry.actor, entry.action, entry.number) == ("ana", "store.restored", 7)
        assert entry.detail["backup"] == made.manifest.backup_id
        broken = verify(session).broken
        assert broken is not None
        assert (broken.number, "a backup was restored here" in broken.what) == (7, True)
        assert verify(session, since=7).broken is None
    engine.dispose()
    said = holds(there)
    assert said is not None
    assert "people: 1" in said


def test_what_was_pending_and_may_have_been_sent_waits_for_a_person(
    filled: Engine, tmp_path: Path, there: Settings
) -> None:
    with unit_of_work() as session:
        enqueue(session, "notify_rep", "waits", NOTICE)
        enqueue(session, "notify_rep", "performed now", NOTICE)
        enqueue(session, "notify_rep", "was sent", NOTICE)
        enqueue(session, "paint", "inside", {})
        enqueue(session, "paint", "inside, now", {})
        claimed = "status = 'claimed', lease_until = now() + interval '1 hour'"
        session.execute(text(f"UPDATE outbox SET {claimed} WHERE key LIKE '%now'"))  # noqa: S608
        session.execute(text("UPDATE outbox SET status = 'done' WHERE key = 'was sent'"))
    made = make_backup(get_settings(), tmp_path, NOW)
    done = restore(there, made.path, "ana", "moved", NOW, lambda words: None)
    engine = engine_for(cluster.locate(there).leadflow)
    with unit_of_work(engine) as session:
        states = {row.key: row.status for row in session.query(OutboxRow)}
    engine.dispose()
    assert done.held == 2
    assert states == {
        "waits": "uncertain",
        "performed now": "uncertain",
        "was sent": "done",
        "inside": "waiting",
        "inside, now": "waiting",
    }


def test_an_older_schema_is_brought_up_to_date(there: Settings, tmp_path: Path) -> None:
    older = beside(tmp_path, "an_older_one")
    try:
        found = cluster.locate(older)
        cluster.ensure_databases(found)
        engine = engine_for(found.leadflow)
        migrate.upgrade(engine, "0020")
        engine.dispose()
        made = make_backup(older, tmp_path, NOW)
        assert made.manifest.schema == "0020"
        done = restore(there, made.path, "ana", "moved", NOW, lambda words: None)
        assert done.row == 2, "after the first of a log that was empty"
        assert make_backup(there, tmp_path / "again.backup", NOW).manifest.schema > "0020"
    finally:
        drop(older)


def test_whatever_fails_leaves_all_as_it_was(
    made: Made, there: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore(there, made.path, "ana", "moved", NOW, lambda words: None)
    with psycopg.connect(databases.plain(cluster.locate(there).leadflow)) as connection:
        connection.execute("UPDATE people SET username = 'ben'")
    monkeypatch.setattr(databases, "load", lambda dump, url: "the disk is full")
    with pytest.raises(RestoreFailed, match="the disk is full"):
        restore(there, made.path, "ana", "again", NOW, lambda words: None)
    monkeypatch.undo()
    rename = staging._rename
    came: list[str] = []

    def somebody_comes_once(connection: object, old: str, new: str) -> None:
        if new == "restored_here_mlflow" and not came:
            came.append(new)
            raise psycopg.errors.ObjectInUse("somebody came")
        rename(connection, old, new)  # type: ignore[arg-type]

    monkeypatch.setattr(staging, "_rename", somebody_comes_once)
    with pytest.raises(RestoreFailed, match="somebody came"):
        restore(there, made.path, "ana", "again", NOW, lambda words: None)
    monkeypatch.undo()
    assert people_in(there) == ["ben"]
    with psycopg.connect(databases.plain(cluster.locate(there).leadflow, "postgres")) as connection:
        named = "SELECT count(*) FROM pg_database WHERE datname LIKE 'restored\\_here%'"
        assert connection.execute(named).fetchone() == (3,)


def test_nothing_is_exchanged_under_somebody_who_works_there(made: Made, there: Settings) -> None:
    restore(there, made.path, "ana", "moved", NOW, lambda words: None)
    with (
        psycopg.connect(databases.plain(cluster.locate(there).leadflow)),
        pytest.raises(RestoreRefused, match=r"connected to restored_here \(1\).*leadflow down"),
    ):
        restore(there, made.path, "ana", "again", NOW, lambda words: None)


@pytest.mark.long
def test_models_are_found_in_the_home_they_are_restored_to(
    filled: Engine, tmp_path: Path, there: Settings
) -> None:
    from models.recording import quiet_mlflow

    uri = cluster.locate(get_settings()).mlflow.render_as_string(hide_password=False)
    client = quiet_mlflow().MlflowClient(tracking_uri=uri)
    folder = making.models_folder(get_settings()) / "kept"
    folder.mkdir(parents=True)
    experiment = client.create_experiment(f"kept {os.getpid()}", folder.as_uri())
    run_id = client.create_run(experiment).info.run_id
    client.log_text(run_id, "what was learned", "card.md")
    made = make_backup(get_settings(), tmp_path, NOW)
    restore(there, made.path, "ana", "moved", NOW, lambda words: None)
    there_uri = cluster.locate(there).mlflow.render_as_string(hide_password=False)
    found = quiet_mlflow().MlflowClient(tracking_uri=there_uri).get_run(run_id).info.artifact_uri
    assert found.startswith(there.home.as_uri())
    card = Path(found.removeprefix("file://")) / "card.md"
    assert card.read_text() == "what was learned"
    assert card.stat().st_mode & 0o777 == 0o600
    client.delete_experiment(experiment)


def test_what_is_there_is_deleted_only_for_who_says_so(made: Made) -> None:
    """At the terminal, over the installation of the tests, which is not replaced."""
    words = ("-m", "leadflow.cli.main", "restore", str(made.path), "--why", "x")
    told = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert told.returncode == 1
    assert "There is something here already (leads: 0, people: 1" in told.stderr
    assert "--replace" in told.stderr
    assert "Traceback" not in told.stderr
    assert restoring.holds(get_settings()) is not None
