"""Rows of features out of PostgreSQL in columns: each column travels as the bytes of its values.

Fetching values one by one takes longer than computing them; the driver hands over one value a
column, and numpy reads it as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import BigInteger, DateTime, Double, LargeBinary, Select, cast, func, literal_column
from sqlalchemy import select as select_columns
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from leadflow.database.copying import DIALECT, driver_connection

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "number", "whole", "truth", "moment"]
# PostgreSQL's moments are microseconds since the year 2000, and these are of no moment.
EPOCH_2000 = 946_684_800_000_000
NO_MOMENT = -(2**63)
NOTHING: ColumnElement[bytes] = literal_column("''::bytea", LargeBinary)


@dataclass(frozen=True)
class Column:
    """A column of rows, and what it holds."""

    name: str
    kind: Kind

    @property
    def field(self) -> "pa.Field":
        """The column as Arrow has it."""
        import pyarrow as pa

        types = {
            "text": pa.string(),
            "number": pa.float64(),
            "whole": pa.int64(),
            "truth": pa.bool_(),
            "moment": pa.timestamp("us", "UTC"),
        }
        return pa.field(self.name, types[self.kind])


@dataclass(frozen=True)
class Packed:
    """A query that is put together once and asked many times, with its own values and others."""

    sql: str
    values: Mapping[str, Any]
    columns: tuple[Column, ...]

    @staticmethod
    def of(rows: "Select[Any]", columns: Sequence[Column]) -> "Packed":
        """These columns of the rows of a query. Numbers may be missing; whole numbers may not."""
        given = rows.subquery("given")
        packed = [_packed(given.c[column.name], column.kind) for column in columns]
        compiled = select_columns(*packed).compile(
            dialect=DIALECT, compile_kwargs={"render_postcompile": True}
        )
        return Packed(str(compiled), dict(compiled.params), tuple(columns))

    def read(self, session: Session, values: Mapping[str, Any]) -> "pa.Table":
        """The rows, in no order, as an Arrow table; ``values`` of parameters that have none yet."""
        import pyarrow as pa

        with driver_connection(session).cursor(binary=True) as cursor:
            found = cursor.execute(self.sql, {**self.values, **values}).fetchone()
        if found is None:
            raise LookupError("The query has no answer.")
        kinds = [column.kind for column in self.columns]
        arrays = [_array(kind, value) for kind, value in zip(kinds, found, strict=True)]
        return pa.table(arrays, names=[column.name for column in self.columns])


def _packed(column: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
    if kind == "text":
        return func.json_agg(column)
    if kind == "number":
        sent = func.float8send(func.coalesce(cast(column, Double), literal_column("'NaN'::float8")))
    elif kind == "whole":
        sent = func.int8send(cast(column, BigInteger))
    elif kind == "truth":
        sent = func.boolsend(column)
    else:
        known = func.coalesce(column, literal_column("'-infinity'::timestamptz"))
        sent = func.timestamptz_send(cast(known, DateTime(timezone=True)))
    return func.string_agg(sent, NOTHING, type_=LargeBinary)


def _array(kind: Kind, value: Any) -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    if kind == "text":
        return pa.array(value or [], pa.string())
    given = value or b""
    if kind == "number":
        return pa.array(np.frombuffer(given, ">f8").astype(np.float64), from_pandas=True)
    if kind == "truth":
        return pa.array(np.frombuffer(given, np.bool_))
    whole = np.frombuffer(given, ">i8").astype(np.int64)
    if kind == "whole":
        return pa.array(whole)
    missing = whole == NO_MOMENT
    since_1970 = np.where(missing, 0, whole + EPOCH_2000)
    return pa.array(since_1970, pa.timestamp("us", "UTC"), mask=missing)
