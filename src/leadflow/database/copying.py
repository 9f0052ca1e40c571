"""COPY: how many rows get into a table at once."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from psycopg import Connection
from psycopg.sql import SQL, Identifier
from sqlalchemy.orm import Session


def driver_connection(session: Session) -> Connection[Any]:
    """The psycopg connection of the session's transaction."""
    connection = session.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("The session has lost its connection.")
    return cast("Connection[Any]", connection)


def copy_rows(
    session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY rows of values, in the order of ``columns``, in the session's transaction; how many."""
    names = SQL(", ").join(map(Identifier, columns))
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)
    count = 0
    with driver_connection(session).cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
