"""The numbers of an assignment decision become arrays, which PostgreSQL can read"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import psycopg
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0021"
down_revision = "0020"

TABLE = "assignment_decisions"
# Each column with its type as an array, and the layout of the bytes that held it before.
COLUMNS: dict[str, tuple[Any, str, str]] = {
    "masks": (sa.SmallInteger, "<u2", "What excluded each salesperson of the batch, as bits."),
    "totals": (sa.REAL, "<f4", "One a candidate."),
    "parts": (sa.REAL, "<f4", "What the totals are made of, candidate by candidate."),
    "free": (sa.REAL, "<f4", "The share of each candidate's capacity that was free."),
}
AS_BYTES = {
    "masks": "What excluded each: two bytes a salesperson, a bit a constraint.",
    "totals": "Four-byte floats, little-endian: one a candidate.",
    "parts": "The same, candidate by candidate.",
    "free": "The same: the share of their capacity that was free.",
}
ROWS = 5_000


def upgrade() -> None:
    """Bytes to arrays."""
    arrays: list[sa.Column[Any]] = [
        sa.Column(name, ARRAY(kind), nullable=False, comment=comment)
        for name, (kind, _, comment) in COLUMNS.items()
    ]
    _replace(arrays, lambda held, layout: np.frombuffer(held, layout).tolist())


def downgrade() -> None:
    """Arrays to bytes."""
    columns = [
        sa.Column(name, sa.LargeBinary(), nullable=False, comment=AS_BYTES[name])
        for name in COLUMNS
    ]
    _replace(columns, lambda held, layout: np.array(held, layout).tobytes())


def _replace(columns: Sequence[sa.Column[Any]], convert: Callable[[Any, str], Any]) -> None:
    """Put these columns in the place of those of the same names, with what they hold."""
    connection = op.get_bind()
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    names = ", ".join(COLUMNS)
    types = ", ".join(
        f"{column.name} {column.type.compile(connection.dialect)}" for column in columns
    )
    connection.execute(sa.text(f"CREATE TEMP TABLE converted (id text PRIMARY KEY, {types})"))
    layouts = [layout for _, layout, _ in COLUMNS.values()]
    with driver.cursor("held") as held, driver.cursor() as writing:
        held.execute(f"SELECT id, {names} FROM {TABLE}")
        while rows := held.fetchmany(ROWS):
            with writing.copy(f"COPY converted (id, {names}) FROM STDIN") as copy:
                for own_id, *values in rows:
                    copy.write_row([own_id, *map(convert, values, layouts)])
    for column in columns:
        op.drop_column(TABLE, str(column.name))
        column.nullable = True
        op.add_column(TABLE, column)
    places = ", ".join(f"{name} = converted.{name}" for name in COLUMNS)
    connection.execute(
        sa.text(f"UPDATE {TABLE} SET {places} FROM converted WHERE converted.id = {TABLE}.id")
    )
    for column in columns:
        op.alter_column(TABLE, str(column.name), nullable=False)
    connection.execute(sa.text("DROP TABLE converted"))
