"""The temporary table a batch is copied into, and the rows that go there, encrypted."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from leadflow.database.ids import new_id
from leadflow.leads.columns import NAMES
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.name_index import name_index

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOMENT = DateTime(timezone=True)
PERSONAL = ("email", "phone", "first_name", "last_name")
WHOLE_NUMBERS = ("company_size", "website_visits", "email_opens", "content_downloads")
COPIED: tuple[Column[Any], ...] = (
    Column("position", Integer, primary_key=True),
    Column("new_id", Text),
    Column("external_id", Text),
    *(Column(name, LargeBinary) for name in PERSONAL),
    *(Column(f"{name}_index", ARRAY(BigInteger)) for name in NAMES),
    Column("email_index", Text),
    Column("email_kind", Text),
    Column("company_name", Text),
    Column("industry", Text),
    Column("job_title", Text),
    Column("seniority", Text),
    Column("location", Text),
    Column("country", Text),
    Column("region", Text),
    Column("country_said", Boolean),
    Column("budget_minor", BigInteger),
    Column("budget_currency", Text),
    Column("timeline", Text),
    Column("timeline_months", Double),
    Column("service_requirements", ARRAY(Text)),
    *(Column(name, Integer) for name in WHOLE_NUMBERS),
    Column("attributes", JSONB),
    Column("created_at", MOMENT),
    Column("outcome", Text),
    Column("occurred_at", MOMENT),
    Column("value_minor", BigInteger),
    Column("value_currency", Text),
    Column("still_open", Boolean),
    Column("dated", Boolean),
    Column("said_at", MOMENT),
    Column("note", Text),
    Column("said_names", ARRAY(Text)),
)
staged = Table(
    "staged_leads",
    MetaData(),
    *COPIED,
    Column("lead_id", Text),
    Column("its_turn", Boolean, server_default=false(), nullable=False),
    Column("done", Boolean, server_default=false(), nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
COPY = "COPY staged_leads ({}) FROM STDIN (FORMAT csv)".format(
    ", ".join(column.name for column in COPIED)
)


def indexed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The parsed batch with the blind index of each e-mail address."""
    index = get_cipher().blind_index
    return frame.assign(email_index=_each(frame["email"], lambda value: index(value, "email")))


def copied_bytes(frame: "pd.DataFrame") -> bytes:
    """The batch as the CSV that ``COPY`` reads; nothing in it names a person."""
    import pyarrow as pa
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(_table(frame), sink, csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue())


def _table(frame: "pd.DataFrame") -> "pa.Table":
    import pandas as pd
    import pyarrow as pa

    encrypt = get_cipher().encrypt
    columns = {
        "position": pd.Series(range(len(frame)), index=frame.index),
        "new_id": pd.Series([new_id("lead") for _ in range(len(frame))], index=frame.index),
        "budget_minor": _minor(frame["budget"]),
        "value_minor": _minor(frame["value"]) if "value" in frame else None,
    }
    for field in PERSONAL:
        columns[field] = _each(frame[field], lambda v, f=field: "\\x" + encrypt(v, f).hex())  # type: ignore[misc]
    columns |= {f"{name}_index": _each(frame[name], _as_array) for name in NAMES}
    columns |= {name: frame[name].astype("Int64") for name in WHOLE_NUMBERS}
    nothing = pd.Series(None, index=frame.index, dtype="str")
    ordered = [
        columns[column.name]
        if columns.get(column.name) is not None
        else frame.get(column.name, nothing)
        for column in COPIED
    ]
    return pa.table({c.name: pa.array(s) for c, s in zip(COPIED, ordered, strict=True)})


def _as_array(name: str) -> str:
    return "{" + ",".join(map(str, name_index(name) or ())) + "}"


def _minor(amounts: "pd.Series[float]") -> "pd.Series[Any]":
    return (amounts * 100).round().astype("Int64")


def _each(values: "pd.Series[str]", function: Callable[[str], str]) -> "pd.Series[str]":
    import pandas as pd

    written = [function(value) if isinstance(value, str) else None for value in values]
    return pd.Series(written, index=values.index, dtype="str")
