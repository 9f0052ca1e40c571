"""Whether a file is a whole backup: everything there, as it was written, sealed with the key."""

import hmac
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from leadflow.backup import databases, manifest
from leadflow.backup.manifest import Manifest, Packed
from leadflow.backup.refusals import BackupBroken

DUMPS = ("leadflow.dump", "prefect.dump", "mlflow.dump")
AT_ONCE = 1 << 20
UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError)


@contextmanager
def opened(path: Path) -> Iterator[ZipFile]:
    """The file as an archive.

    Raises:
        BackupBroken: it cannot be read, or stops being readable while it is read.
    """
    try:
        archive = ZipFile(path)
    except OSError as error:
        raise BackupBroken(path, error.strerror or "it cannot be read") from error
    except UNREADABLE as error:
        raise BackupBroken(path, "it is cut short, damaged, or something else") from error
    try:
        with archive:
            yield archive
    except UNREADABLE as error:
        raise BackupBroken(path, "it is cut short, damaged, or something else") from error


def check(path: Path, secret: bytes | None) -> Manifest:
    """Read all of it; what it says of itself.

    Args:
        secret: this installation's key; its seal is looked at where the backup has the same key.

    Raises:
        BackupBroken: something is missing, too much, or not as it was written.
    """
    with opened(path) as archive:
        made, content = _manifest(path, archive)
        wrong = _sealed_otherwise(archive, made, content, secret) or _files(archive, made)
        if wrong is None:
            wrong = next(
                (
                    f"{name} is no dump of PostgreSQL"
                    for name in DUMPS
                    if not _is_dump(archive, name)
                ),
                None,
            )
    if wrong is not None:
        raise BackupBroken(path, wrong)
    return made


def _manifest(path: Path, archive: ZipFile) -> tuple[Manifest, bytes]:
    try:
        content = archive.read(manifest.NAME)
        return manifest.read(content), content
    except (KeyError, ValueError, TypeError) as error:
        raise BackupBroken(path, "it does not say what it holds, or in another form") from error


def _sealed_otherwise(
    archive: ZipFile, made: Manifest, content: bytes, secret: bytes | None
) -> str | None:
    if secret is None or manifest.key_hint(secret) != made.key_hint:
        return None
    try:
        found = archive.read(manifest.SEAL)
    except KeyError:
        return "its seal is missing"
    if hmac.compare_digest(found, manifest.seal(secret, content).encode()):
        return None
    return "what it says of itself was changed"


def _files(archive: ZipFile, made: Manifest) -> str | None:
    """What is wrong with its files, if anything."""
    there = archive.namelist()
    named = [*made.files, manifest.NAME, manifest.SEAL]
    if sorted(there) != sorted(named):
        return "it does not hold the files that it names"
    missing = [name for name in DUMPS if name not in made.files]
    if missing:
        return f"{missing[0]} is missing"
    for name, packed in made.files.items():
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name:
            return "it holds a file that would lie elsewhere"
        if _of(archive, name) != packed:
            return f"{name} is not as it was written"
    return None


def _of(archive: ZipFile, name: str) -> Packed:
    size, digest = 0, sha256()
    with archive.open(name) as content:
        while piece := content.read(AT_ONCE):
            digest.update(piece)
            size += len(piece)
    return Packed(size, digest.hexdigest())


def _is_dump(archive: ZipFile, name: str) -> bool:
    with archive.open(name) as content:
        return databases.readable(content)
