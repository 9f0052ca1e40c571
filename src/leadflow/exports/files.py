"""Leads as rows of a file: CSV, which spreadsheets open, and Parquet, which programs read."""

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadflow.search.schemas import LeadListed

if TYPE_CHECKING:
    from pyarrow import Schema

# What a spreadsheet takes for the beginning of a formula. With an apostrophe before it, it is text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A salesperson is some columns of their own.
OWNER = ("rep_id", "name", "since", "due_at")
TEXT, WHOLE, NUMBER, MOMENT, TEXTS, JSON = "text", "whole", "number", "moment", "texts", "json"
KINDS = {
    "company_size": WHOLE,
    "budget": NUMBER,
    "score": NUMBER,
    "probability": NUMBER,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "scored_at": MOMENT,
    "owner_since": MOMENT,
    "owner_due_at": MOMENT,
    "service_requirements": TEXTS,
    "attributes": JSON,
}


def columns_of(fields: Sequence[str] | None) -> list[str]:
    """The columns of a file with these fields, or with all: the id first, then in the order in
    which leads are listed."""
    asked = {"id", *(LeadListed.model_fields if fields is None else fields)}
    found = [name for name in LeadListed.model_fields if name in asked and name != "owner"]
    return found + [f"owner_{name}" for name in OWNER if "owner" in asked]


def harmless(said: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula."""
    return f"'{said}" if said.startswith(FORMULA) else said


class LeadFile(ABC):
    """A file that leads are added to, some at a time."""

    def __init__(self, file: io.RawIOBase, columns: Sequence[str]) -> None:
        self.file, self.columns = file, columns

    @abstractmethod
    def add(self, leads: Sequence[LeadListed]) -> None:
        """Add a row for each of these."""

    @abstractmethod
    def end(self) -> None:
        """Write what belongs to the end of the file."""


class CsvFile(LeadFile):
    """UTF-8, commas, every cell in quotes; an empty cell is what is not known."""

    def __init__(self, file: io.RawIOBase, columns: Sequence[str]) -> None:
        super().__init__(file, columns)
        self._write([columns])

    def add(self, leads: Sequence[LeadListed]) -> None:
        """Add a row for each of these."""
        self._write([[_cell(_value(lead, name)) for name in self.columns] for lead in leads])

    def end(self) -> None:
        """Nothing is missing."""

    def _write(self, rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
        self.file.write(text.getvalue().encode())


class ParquetFile(LeadFile):
    """Columns with their types; moments in UTC, attributes as JSON text."""

    def __init__(self, file: io.RawIOBase, columns: Sequence[str]) -> None:
        # Loaded by whoever writes such a file, and by nobody else: it takes half a second.
        from pyarrow.parquet import ParquetWriter

        super().__init__(file, columns)
        self._schema = _schema(columns)
        self._writer = ParquetWriter(file, self._schema)

    def add(self, leads: Sequence[LeadListed]) -> None:
        """Add a row for each of these."""
        from pyarrow import Table

        cells = {name: [_typed(_value(lead, name)) for lead in leads] for name in self.columns}
        self._writer.write_table(Table.from_pydict(cells, self._schema))

    def end(self) -> None:
        """Write where the columns are, without which nobody can read it."""
        self._writer.close()


FORMATS: dict[str, Callable[[io.RawIOBase, Sequence[str]], LeadFile]] = {
    "csv": CsvFile,
    "parquet": ParquetFile,
}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def _value(lead: LeadListed, column: str) -> Any:
    if column.startswith("owner_"):
        return None if lead.owner is None else getattr(lead.owner, column.removeprefix("owner_"))
    return getattr(lead, column)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _typed(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _schema(columns: Sequence[str]) -> "Schema":
    import pyarrow as pa

    types = {
        TEXT: pa.string(),
        JSON: pa.string(),
        WHOLE: pa.int64(),
        NUMBER: pa.float64(),
        MOMENT: pa.timestamp("us", tz="UTC"),
        TEXTS: pa.list_(pa.string()),
    }
    return pa.schema([(name, types[KINDS.get(name, TEXT)]) for name in columns])
