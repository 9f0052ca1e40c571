"""The three databases of an installation, dumped at one moment and loaded again by PostgreSQL's own
programs."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from leadflow.backup.refusals import BackupFailed
from leadflow.database import embedded
from leadflow.database.cluster import Cluster
from leadflow.scoring.serving.serving_record import SERVING_LOCK

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Snapshot:
    """One database as it was at the moment of the backup, as long as its transaction lasts."""

    url: URL
    name: str
    connection: Connection[Any]


def of(found: Cluster) -> dict[str, URL]:
    """The databases by what they are called in a backup."""
    return {"leadflow": found.leadflow, "prefect": found.prefect, "mlflow": found.mlflow}


def plain(url: URL, database: str | None = None) -> str:
    """The address for psycopg, of this database or of another on the same server."""
    named = url.set(drivername="postgresql", database=database or url.database)
    return named.render_as_string(hide_password=False)


@contextmanager
def at_one_moment(found: Cluster) -> Iterator[dict[str, Snapshot]]:
    """Snapshots of all three, between which no promotion lies: what is approved to serve and what
    the registry says agree. Others write meanwhile as they like.

    Raises:
        BackupFailed: one of them does not answer.
    """
    with ExitStack() as stack:
        try:
            opened = {
                name: stack.enter_context(psycopg.connect(plain(url), autocommit=True))
                for name, url in of(found).items()
            }
            turn = stack.enter_context(psycopg.connect(plain(found.leadflow), autocommit=True))
            turn.execute("SELECT pg_advisory_lock_shared(%s)", [SERVING_LOCK])
            taken = {name: _taken(of(found)[name], opened[name]) for name in opened}
            turn.execute("SELECT pg_advisory_unlock_shared(%s)", [SERVING_LOCK])
        except psycopg.Error as error:
            raise BackupFailed(
                f"PostgreSQL does not let itself be read ({str(error).strip()}). What is missing: "
                "leadflow doctor"
            ) from error
        yield taken


def _taken(url: URL, connection: Connection[Any]) -> Snapshot:
    connection.execute(BEGIN)
    (name,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
    return Snapshot(url, name, connection)


@contextmanager
def dumped(snapshot: Snapshot) -> Iterator[IO[bytes]]:
    """The dump of a database as it comes from ``pg_dump``.

    Raises:
        BackupFailed: it did not come to its end.
    """
    words = (
        *("--format=custom", "--no-owner", "--no-privileges", "--no-sync"),
        f"--snapshot={snapshot.name}",
    )
    command, variables = _program("pg_dump", snapshot.url, *words)
    with subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        yield cast("IO[bytes]", running.stdout)
        said = cast("IO[bytes]", running.stderr).read().decode(errors="replace")
    if running.returncode:
        raise BackupFailed(f"{snapshot.url.database} could not be dumped: {_last_line(said)}")


def load(dump: IO[bytes], url: URL) -> str | None:
    """Load a dump into an empty database, all of it or nothing; what went wrong, else None."""
    words = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    command, variables = _program("pg_restore", url, *words)
    return _fed(command, variables, dump)


def readable(dump: IO[bytes]) -> bool:
    """Whether ``pg_restore`` knows the dump for one."""
    command = (str(embedded.program("pg_restore")), "--list", "--file=-")
    return _fed(command, dict(os.environ), dump) is None


def _fed(command: tuple[str, ...], variables: dict[str, str], content: IO[bytes]) -> str | None:
    with subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as running:
        into = cast("IO[bytes]", running.stdin)
        try:
            while piece := content.read(AT_ONCE):
                into.write(piece)
            into.close()
        except BrokenPipeError:
            # It has ended early: a list needs only the beginning, and an error is said below.
            pass
        said = cast("IO[bytes]", running.stderr).read().decode(errors="replace")
    return _last_line(said) if running.returncode else None


def _program(name: str, url: URL, *words: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command, and its variables: the password stands in no list of processes."""
    where = make_conninfo(plain(url.set(password=None)))
    given = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    command = (str(embedded.program(name)), *words, f"--dbname={where}")
    return command, {**os.environ, **given}


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[-1] if lines else "no reason")
