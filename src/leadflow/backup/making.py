"""Making a backup while everything runs: one file, whole or not there at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import psycopg

from leadflow.audit.exported import heads_file
from leadflow.backup import databases, manifest
from leadflow.backup.checking import check
from leadflow.backup.manifest import Manifest, Packed
from leadflow.backup.refusals import BackupFailed
from leadflow.database import cluster
from leadflow.private import make_private
from leadflow.secret import KeyRing, load_ring
from leadflow.settings import Settings

HEADS = "audit/heads.jsonl"
MODELS = "models/"
AT_ONCE = 1 << 20

NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Made:
    """Where the backup is, its size in bytes, and what it says of itself."""

    path: Path
    size: int
    manifest: Manifest


def models_folder(settings: Settings) -> Path:
    """Where the files of models are."""
    return settings.home / "mlartifacts"


def make_backup(settings: Settings, where: Path | None, now: datetime) -> Made:
    """Write a backup to a new file, or into a folder under a name of its moment; into ``backups``
    of the home where nothing is given. It is read again and checked before it gets its name.

    Raises:
        BackupFailed: it could not be written whole; nothing of it is left.
        DatabaseUnavailable, EmbeddedPostgresError: PostgreSQL is not there.
    """
    target = _target(settings, where, now)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.unfinished")
    ring = load_ring(settings)
    try:
        with _new_file(draft) as stream:
            made = _write(stream, settings, ring, now)
        check(draft, ring.lasting)
        _name(draft, target)
        _keep_names(target.parent)
    except OSError as error:
        raise BackupFailed(_cannot_write(target, error)) from error
    finally:
        draft.unlink(missing_ok=True)
    return Made(target, target.stat().st_size, made)


def _target(settings: Settings, where: Path | None, now: datetime) -> Path:
    name = f"leadflow-{now.astimezone(UTC):%Y%m%d-%H%M%S}.backup"
    if where is None:
        make_private(settings.home)
        folder = settings.home / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / name
    target = where / name if where.is_dir() else where
    if target.exists():
        raise BackupFailed(f"{target} is there already. Give another name, or a folder.")
    if not target.parent.is_dir():
        raise BackupFailed(f"There is no folder {target.parent}. Make it first.")
    return target


def _name(draft: Path, target: Path) -> None:
    """Give the draft its name, which never takes the place of another file."""
    try:
        os.link(draft, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # The file systems of memory sticks and some shares know no second name for a file.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        draft.replace(target)


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner reads, on the disk once this is over."""
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with os.fdopen(number, "w+b") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _write(stream: IO[bytes], settings: Settings, ring: KeyRing, now: datetime) -> Manifest:
    files: dict[str, Packed] = {}
    found = cluster.locate(settings)
    with ZipFile(stream, "w", ZIP_STORED) as archive, databases.at_one_moment(found) as taken:
        schema, row, server = _facts(taken["leadflow"])
        for name, snapshot in taken.items():
            with databases.dumped(snapshot) as dump:
                files[f"{name}.dump"] = _pack(archive, f"{name}.dump", dump, ZIP_STORED)
        # After the registry that names them: files of models are only ever added.
        for name, path in _beside(settings):
            with path.open("rb") as content:
                files[name] = _pack(archive, name, content, ZIP_DEFLATED)
        made = Manifest(
            format=manifest.FORMAT,
            made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            schema=schema,
            postgres=server,
            key_hint=manifest.key_hint(ring.lasting),
            key_versions=manifest.hints_of_versions(ring),
            model_name=settings.model_name,
            artifacts=models_folder(settings).resolve().as_uri(),
            audit_row=row,
            files=files,
        )
        said = manifest.written(made)
        archive.writestr(manifest.NAME, said)
        archive.writestr(manifest.SEAL, manifest.seal(ring.lasting, said))
    return made


def _facts(snapshot: databases.Snapshot) -> tuple[str, int, str]:
    """The schema, the last row of the audit log and the server's version."""
    try:
        facts = snapshot.connection.execute(
            "SELECT (SELECT version_num FROM alembic_version), "
            "(SELECT coalesce(max(number), 0) FROM audit_log), current_setting('server_version')"
        ).fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise BackupFailed("There is nothing to keep yet. Begin with: leadflow up") from error
    schema, row, server = facts or ("", 0, "")
    return schema, row, server


def _beside(settings: Settings) -> Iterator[tuple[str, Path]]:
    """What is in files: the models, and the exported heads of the audit log."""
    root = models_folder(settings)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield MODELS + path.relative_to(root).as_posix(), path
    if heads_file(settings).exists():
        yield HEADS, heads_file(settings)


def _pack(archive: ZipFile, name: str, content: IO[bytes], how: int) -> Packed:
    entry = ZipInfo(name)
    entry.compress_type, entry.external_attr = how, 0o600 << 16
    size, digest = 0, sha256()
    with archive.open(entry, "w", force_zip64=True) as into:
        while piece := content.read(AT_ONCE):
            into.write(piece)
            digest.update(piece)
            size += len(piece)
    return Packed(size, digest.hexdigest())


def _keep_names(folder: Path) -> None:
    """See that the name is on the disk too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _cannot_write(target: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    if error.errno in FULL:
        why = f"{why}: free some space there"
    where = "" if error.filename in (None, str(target)) else f" at {error.filename}"
    return (
        f"{target} could not be written ({why}{where}); nothing of it is left. Or give another "
        "place: leadflow backup FOLDER"
    )
