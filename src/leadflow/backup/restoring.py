"""Restoring a backup: databases, models, and the record that it was done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import psycopg
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL
from sqlalchemy.orm import Session

from leadflow.audit.exported import heads_file
from leadflow.audit.resuming import record_restore
from leadflow.backup import databases, manifest, staging
from leadflow.backup.checking import check, opened
from leadflow.backup.making import HEADS, MODELS, models_folder
from leadflow.backup.manifest import Manifest
from leadflow.backup.refusals import RestoreFailed, RestoreRefused
from leadflow.backup.set_back import after_setting_back
from leadflow.database import cluster, migrate
from leadflow.database.cluster import Cluster
from leadflow.database.engine import Use, engine_for, unit_of_work
from leadflow.private import make_private
from leadflow.secret import KeyRing, load_ring
from leadflow.settings import Settings

HOLDS = """
SELECT (SELECT count(*) FROM leads), (SELECT count(*) FROM people),
    (SELECT count(*) FROM audit_log)
"""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """Which backup, the row of the audit log that says so, and how many acts wait for a person."""

    manifest: Manifest
    row: int
    held: int


def examine(settings: Settings, path: Path) -> Manifest:
    """Look whether this installation can take the backup; nothing is changed.

    Raises:
        BackupBroken: it is not whole.
        RestoreRefused: another key, or a newer schema than this version of Leadflow knows.
    """
    ring = own_ring(settings)
    made = check(path, None if ring is None else ring.lasting)
    if ring is None or manifest.key_hint(ring.lasting) != made.key_hint:
        here = "has no key" if ring is None else f"has the key {manifest.key_hint(ring.lasting)}"
        raise RestoreRefused(
            f"The backup was made with the key {made.key_hint}, and this installation {here}: "
            "nothing in it could be read. Set LEADFLOW_SECRET_KEY to that key, or put its file "
            f"at {settings.home / 'secret.key'}."
        )
    if lacking := manifest.lacking(made, ring):
        raise RestoreRefused(
            f"The backup is encrypted with version {' and '.join(lacking)} of the master key, "
            "which was replaced since and is not here any more. Use the copy of the key from the "
            "time of the backup: set LEADFLOW_SECRET_KEY to its whole line, or put its file at "
            f"{settings.home / 'secret.key'}. Made while the key was being replaced, it needs the "
            "VERSION:… parts of both copies in one line."
        )
    try:
        ScriptDirectory.from_config(migrate.alembic_config()).get_revision(made.schema)
    except CommandError as error:
        raise RestoreRefused(
            f"The backup was made by a newer Leadflow (schema {made.schema}), which this version "
            "does not know. Install that version or a newer one, and restore with it."
        ) from error
    return made


def holds(settings: Settings) -> str | None:
    """What would be lost, in words; None where nothing is there yet."""
    found = cluster.locate(settings).leadflow
    try:
        with psycopg.connect(databases.plain(found), connect_timeout=10) as connection:
            leads, people, rows = connection.execute(HOLDS).fetchone() or (0, 0, 0)
    except psycopg.errors.UndefinedTable:
        return None
    except psycopg.OperationalError as error:
        if "does not exist" in str(error):
            return None
        raise cluster.DatabaseUnavailable(
            cluster.unreachable(found, "LEADFLOW_DATABASE_URL", error)
        ) from error
    if not (leads or people or rows):
        return None
    return f"leads: {leads:,}, people: {people:,}, rows of the audit log: {rows:,}"


def restore(
    settings: Settings, path: Path, actor: str, why: str, now: datetime, say: Say
) -> Restored:
    """Put the backup in the place of what is there; call ``examine`` first.

    Databases are loaded beside those that are there, brought to today's schema, and exchanged at
    the end, so that whatever fails leaves all as it was.

    Raises:
        BackupBroken, RestoreRefused, RestoreFailed: nothing was exchanged.
    """
    made, found = examine(settings, path), cluster.locate(settings)
    urls = databases.of(found)
    _nobody_connected(urls)
    make_private(settings.home)
    try:
        with opened(path) as archive:
            for name, url in urls.items():
                say(f"Loading {name} …")
                staging.load(archive, name, url)
            say("Restoring the models …")
            _unpack(archive, made, settings)
        staging.point_to(
            staging.staged(found.mlflow), made.artifacts, models_folder(settings).resolve().as_uri()
        )
        restored = _record(settings, found, made, actor, why, now)
        staging.put_in_place(list(urls.values()))
    except OSError as error:
        raise RestoreFailed(
            f"{error.filename or 'A file'}: {error.strerror}. Mend that (a full disk needs space) "
            "and try again: what was there is as it was."
        ) from error
    finally:
        staging.drop_staged(list(urls.values()))
    migrate.upgrade(engine_for(found.leadflow, pool_size=1))
    return restored


def _record(
    settings: Settings, found: Cluster, made: Manifest, actor: str, why: str, now: datetime
) -> Restored:
    """Bring the loaded database to today's schema, and write into it what has happened."""
    engine = engine_for(staging.staged(found.leadflow), pool_size=1, use=Use.MIGRATION)
    newest = ScriptDirectory.from_config(migrate.alembic_config()).get_current_head() or "head"
    try:
        migrate.upgrade(engine, newest)
        with unit_of_work(engine) as session:
            held = after_setting_back(session, now)
            row = _write_record(session, settings, made, actor, why, held)
    finally:
        engine.dispose()
    return Restored(made, row, held)


def _write_record(
    session: Session, settings: Settings, made: Manifest, actor: str, why: str, held: int
) -> int:
    said = {
        "backup": made.backup_id,
        "made_at": made.made_at,
        "backup_row": made.audit_row,
        "acts_held": held,
    }
    return record_restore(session, settings, actor, why, said).number


def _unpack(archive: ZipFile, made: Manifest, settings: Settings) -> None:
    for name in made.files:
        if name.startswith(MODELS):
            target = models_folder(settings) / name.removeprefix(MODELS)
            staging.unpack(archive, name, target)
    heads = heads_file(settings)
    if HEADS in made.files and not heads.exists():
        staging.unpack(archive, HEADS, heads)


def _nobody_connected(urls: dict[str, URL]) -> None:
    busy = {url.database: staging.others_in(url) for url in urls.values()}
    if any(busy.values()):
        named = ", ".join(f"{name} ({count})" for name, count in busy.items() if count)
        raise RestoreRefused(
            f"Somebody is connected to {named}. End what works there (leadflow down, on every "
            "machine), and try again."
        )


def own_ring(settings: Settings) -> KeyRing | None:
    """The key, which is not made where there is none."""
    if settings.secret_key is None and not (settings.home / "secret.key").exists():
        return None
    return load_ring(settings)
