"""A store as an earlier version left it, brought up to date."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from leadflow.database import migrate
from leadflow.database.engine import engine_for


@contextmanager
def earlier_store(
    engine: Engine, revision: str, write_as_then: Callable[[Connection], None]
) -> Iterator[Session]:
    """A database of its own with the schema of ``revision`` and what ``write_as_then`` writes, then
    with the newest schema; gone at the end."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE earlier"))
    own = engine_for(engine.url.set(database="earlier"))
    try:
        migrate.upgrade(own, revision)
        with own.begin() as connection:
            write_as_then(connection)
        migrate.upgrade(own)
        with Session(own) as session:
            yield session
    finally:
        own.dispose()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP DATABASE earlier WITH (FORCE)"))
            connection.execute(text("DROP ROLE IF EXISTS earlier_app"))
