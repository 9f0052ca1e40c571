"""The driver's own ways, where SQLAlchemy's cost too much: COPY, and statements as they are."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, LiteralString, cast

from psycopg import Connection
from psycopg.sql import SQL, Identifier
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    import pyarrow as pa

# So many rows are quicker written as text than by COPY, which takes two exchanges to begin with;
# and they may be sent together with other statements.
FEW = 32
# For statements that are put together once and handed to the driver as text.
DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
# For a ``RawCursor``, which does not look for parameters in the text: of hundreds of kilobytes that
# takes a tenth of a second each time.
NUMBERED = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
Kind = Literal["text", "moment", "number", "whole"]


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


def copy_columns(session: Session, table: str, rows: "pa.RecordBatch") -> None:
    """COPY rows given as Arrow columns of the table's names and types, in the session's
    transaction; where each row holds dozens of numbers, many times faster than ``copy_rows``."""
    from pgpq import ArrowToPostgresBinaryEncoder

    names = SQL(", ").join(map(Identifier, rows.schema.names))
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(Identifier(table), names)
    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    with driver_connection(session).cursor().copy(statement) as copy:
        copy.write(encoder.write_header())
        copy.write(encoder.write_batch(rows))
        copy.write(encoder.finish())


def ask(session: Session, query: LiteralString, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The one row that a query answers, in the session's transaction, by the driver alone: what a
    request asks each time. Parameters are written ``%(name)s``."""
    row = driver_connection(session).execute(query, values).fetchone()
    if row is None:
        raise LookupError("The query has no answer.")
    found: tuple[Any, ...] = row
    return found


def run(session: Session, statement: str, values: Mapping[str, Any]) -> None:
    """Run a statement in the session's transaction, by the driver alone; what the session has not
    written yet is not seen by it."""
    driver_connection(session).execute(statement, values)


@contextmanager
def sent_together(session: Session) -> Iterator[None]:
    """Statements of the driver within the block (``run``, up to ``FEW`` rows) go out one after
    another without waiting for an answer; the block ends when all are done. While others compute
    in this process, each wait is a place in their queue. COPY and SQLAlchemy's own statements have
    no place in it.

    Raises:
        psycopg.Error: one of the statements failed, and with it the transaction.
    """
    with driver_connection(session).pipeline():
        yield


def insert_rows(
    session: Session, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of values, in the order of ``columns``, by one statement, as JSON: texts,
    numbers, truths, lists of them, moments. What JSON lacks (infinity) is given as PostgreSQL
    writes it."""
    if rows:
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        content = json.dumps(named, allow_nan=False, default=datetime.isoformat)
        statement = _insert(table, tuple(columns))
        driver_connection(session).execute(statement, (content,), prepare=True)


def write_rows(
    session: Session, table: str, columns: Mapping[str, Kind], rows: Sequence[Sequence[Any]]
) -> None:
    """The same, by COPY where there are more than ``FEW``; with what each column holds."""
    if len(rows) <= FEW:
        insert_rows(session, table, tuple(columns), rows)
        return
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "moment": pa.timestamp("us", "UTC"),
        "number": pa.float64(),
        "whole": pa.int32(),
    }
    values = [
        pa.array(column, types[kind])
        for column, kind in zip(zip(*rows, strict=True), columns.values(), strict=True)
    ]
    copy_columns(session, table, pa.RecordBatch.from_arrays(values, names=list(columns)))


@lru_cache
def _insert(table: str, columns: tuple[str, ...]) -> bytes:
    names = SQL(", ").join(map(Identifier, columns))
    return (
        SQL("INSERT INTO {0} ({1}) SELECT {1} FROM json_populate_recordset(NULL::{0}, %s::json)")
        .format(Identifier(table), names)
        .as_bytes(None)
    )
