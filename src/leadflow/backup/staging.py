"""Loading a backup beside what is there, and putting it in its place all at once."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
from psycopg import Connection, sql
from sqlalchemy import URL

from leadflow.backup import databases
from leadflow.backup.refusals import RestoreFailed, RestoreRefused
from leadflow.database import cluster

MAINTENANCE = "postgres"
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() 
    -- Whoever may not watch others is not told what kind theirs are.
    AND (backend_type IS NULL OR backend_type = 'client backend')
"""
# Columns in which MLflow keeps where files lie.
LOCATIONS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying')
    AND column_name IN ('artifact_location', 'artifact_uri', 'source', 'storage_location')
"""


def staged(url: URL) -> URL:
    """The database that a backup is loaded into before it takes the place of this one."""
    return url.set(database=f"{_short(url)}_restoring")


def others_in(url: URL) -> int:
    """How many others are connected to a database."""
    with _maintenance(url) as connection:
        (count,) = connection.execute(OTHERS, [url.database]).fetchone() or (0,)
        return int(count)


def load(archive: ZipFile, name: str, url: URL) -> None:
    """Load one dump into the database beside the one of this address.

    Raises:
        RestoreRefused: the user may not make databases.
        RestoreFailed: PostgreSQL did not take it.
    """
    beside = staged(url)
    with _maintenance(url) as connection:
        _drop(connection, beside.database)
        try:
            connection.execute(_worded("CREATE DATABASE {}", beside.database))
        except psycopg.errors.InsufficientPrivilege as error:
            raise RestoreRefused(
                f"The database user {url.username} may not make databases, into which a backup is "
                f"loaded first. Let it: ALTER ROLE {url.username} CREATEDB;"
            ) from error
    with archive.open(f"{name}.dump") as dump:
        wrong = databases.load(dump, beside)
    if wrong is not None:
        raise RestoreFailed(
            f"{name}.dump could not be loaded, and all is as it was. Mend this (a full disk needs "
            f"space) and try again: {wrong}"
        )


def point_to(url: URL, earlier: str, now: str) -> None:
    """Have MLflow's database look for files where they lie now."""
    if earlier == now:
        return
    with psycopg.connect(databases.plain(url)) as connection:
        for table, column in connection.execute(LOCATIONS).fetchall():
            statement = sql.SQL(
                "UPDATE {table} SET {column} = %(now)s || substr({column}, length(%(was)s) + 1) "
                "WHERE {column} = %(was)s OR starts_with({column}, %(was)s || '/')"
            ).format(table=sql.Identifier(table), column=sql.Identifier(column))
            connection.execute(statement, {"was": earlier, "now": now})


def unpack(archive: ZipFile, name: str, target: Path) -> None:
    """Write one file of the backup, for its owner only; a reader sees all of it or none."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.restoring")
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(number, "wb") as into, archive.open(name) as content:
        while piece := content.read(databases.AT_ONCE):
            into.write(piece)
        into.flush()
        os.fsync(into.fileno())
    draft.replace(target)


def put_in_place(urls: list[URL]) -> None:
    """Let what was loaded take the place of what is there, which is deleted once all have.

    Raises:
        RestoreFailed: one of them could not; all are as they were.
    """
    with ExitStack() as undo:
        try:
            for url in urls:
                _exchange(url, undo)
        except psycopg.Error as error:
            raise RestoreFailed(
                f"PostgreSQL did not let the databases be exchanged ({str(error).strip()}). Is "
                "somebody connected? Then end that, and try again."
            ) from error
        undo.pop_all()
    for url in urls:
        with _maintenance(url) as connection:
            _drop(connection, _replaced(url))


def drop_staged(urls: list[URL]) -> None:
    """Leave nothing of what was loaded."""
    for url in urls:
        with _maintenance(url) as connection:
            _drop(connection, staged(url).database)


def _exchange(url: URL, undo: ExitStack) -> None:
    with _maintenance(url) as connection:
        cluster.put_back_if_broken_off(connection, url)
        _drop(connection, _replaced(url))
        if connection.execute(cluster.EXISTS, [url.database]).fetchone():
            _rename(connection, url.database, _replaced(url))
            undo.callback(_rename_at, url, _replaced(url), url.database)
        _rename(connection, staged(url).database, url.database)
        undo.callback(_rename_at, url, url.database, staged(url).database)


def _rename_at(url: URL, old: str | None, new: str | None) -> None:
    with _maintenance(url) as connection:
        _rename(connection, old, new)


def _rename(connection: Connection[Any], old: str | None, new: str | None) -> None:
    connection.execute(_worded("ALTER DATABASE {} RENAME TO {}", old, new))


def _drop(connection: Connection[Any], name: str | None) -> None:
    connection.execute(_worded("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))


def _worded(statement: Any, *names: str | None) -> sql.Composed:
    return sql.SQL(statement).format(*(sql.Identifier(name or "") for name in names))


def _replaced(url: URL) -> str:
    return cluster.replaced(url)


def _short(url: URL) -> str:
    return (url.database or "leadflow")[: cluster.LONGEST]


@contextmanager
def _maintenance(url: URL) -> Iterator[Connection[Any]]:
    where = databases.plain(url, MAINTENANCE)
    with psycopg.connect(where, autocommit=True, connect_timeout=10) as connection:
        yield connection
