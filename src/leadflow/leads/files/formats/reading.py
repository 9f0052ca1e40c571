"""Reading rows out of CSV, JSON lines, Parquet and spreadsheet files, one at a time, whatever is
in them.

A row is a mapping of column to text. One that cannot be read carries the reason under ``BROKEN``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

from features.normal_forms import plain_text
from leadflow.leads.files.formats.csv_files import TextLines, fault, open_csv, storable
from leadflow.leads.files.formats.spreadsheets import SPREADSHEETS, open_spreadsheet
from leadflow.leads.files.formats.tables_of_text import (
    BROKEN,
    LINE,
    Place,
    Row,
    Table,
    UnreadableFile,
)
from leadflow.leads.files.mapping_parts import CsvOptions, Join
from leadflow.leads.readers.numbers import written

SNIFFED_ROWS = 500
LARGEST_JOIN = 1_000_000
JSON_LINES, PARQUET = (".jsonl", ".ndjson"), ".parquet"


def open_table(path: Path, options: CsvOptions, joins: Sequence[Join] = ()) -> Table:
    """Open a ``.csv`` or ``.jsonl``/``.ndjson`` (each also ``.gz``), ``.parquet`` or spreadsheet
    file.

    Raises:
        UnreadableFile: another kind of file, not there, empty, or a broken header.
    """
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder. Name a file in it.")
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path}")
    refuse_other_kinds(path)
    name = path.name.lower().removesuffix(".gz")
    if is_csv(path):
        table = open_csv(path, options)
    elif name.endswith(JSON_LINES):
        place = Place()
        table = _with_seen_columns(_json_rows(path, place), place)
    elif name.endswith(PARQUET):
        place = Place()
        table = _with_seen_columns(_parquet_rows(path, place), place)
    else:
        table = open_spreadsheet(path)
    for join in joins:
        table = _joined(table, path.parent / join.file, join)
    return table


def refuse_other_kinds(path: Path) -> None:
    """Make sure that a file is of a kind that can be read, by its name; it need not be there.

    Raises:
        UnreadableFile: it is of another kind.
    """
    whole, name = path.name.lower(), path.name.lower().removesuffix(".gz")
    if is_csv(path) or name.endswith((*JSON_LINES, PARQUET)) or whole.endswith(SPREADSHEETS):
        return
    if name.endswith(".json"):
        raise UnreadableFile(
            f"{path.name}: JSON is read with one object on each line, in a file called .jsonl. "
            f"To make it one: jq -c '.[]' {path.name} > {path.stem}.jsonl"
        )
    raise UnreadableFile(
        f"{path.name}: only .csv, .jsonl (both also as .gz), .parquet and spreadsheets such as "
        ".xlsx can be read. Save it as one of them."
    )


def is_csv(path: Path) -> bool:
    """Whether the file is read as CSV, by its name."""
    return path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt"))


def chunks(rows: Iterator[Row], size: int, skip: int = 0) -> Iterator[tuple[int, list[Row]]]:
    """Lists of at most ``size`` rows with the number of their first one, after ``skip`` rows."""
    number = skip
    rest = islice(rows, skip, None)
    while chunk := list(islice(rest, size)):
        yield number, chunk
        number += len(chunk)


def fingerprint(path: Path, joins: Sequence[Join] = ()) -> str:
    """The SHA-256 of a file and of the files joined to it."""
    digest = sha256()
    for file in (path, *(path.parent / join.file for join in joins)):
        try:
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise UnreadableFile(f"{file} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def _json_rows(path: Path, place: Place) -> Iterator[Row]:
    lines = TextLines(path, "utf-8-sig")
    for line in lines:
        lines.taken_fault()
        place.line = lines.number
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError:
            content = None
        if isinstance(content, dict):
            yield _checked(_flat(content))
        else:
            yield {BROKEN: "is not a JSON object", LINE: storable(line.strip())}


def _parquet_rows(path: Path, place: Place) -> Iterator[Row]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
                for content in batch.to_pylist():
                    place.line += 1
                    yield _checked(_flat(content))
    except pa.ArrowException as error:
        raise UnreadableFile(f"{path.name} is not a Parquet file: {error}") from error


def _flat(content: Mapping[str, Any], prefix: str = "") -> Row:
    """A row of texts; what is nested gets names such as ``company.size``."""
    row: Row = {}
    for name, value in content.items():
        if isinstance(value, dict):
            row |= _flat(value, f"{prefix}{name}.")
        else:
            row[f"{prefix}{name}"] = _text(value)
    return row


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return written(value)
    if isinstance(value, (list, tuple)):
        return "; ".join(text for item in value if (text := _text(item)) is not None)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _checked(row: Row) -> Row:
    for name, value in list(row.items()):
        if value is not None and (reason := fault(value)) is not None:
            row[name], row[BROKEN] = storable(value), reason
    named = next((reason for name in row if (reason := fault(name)) is not None), None)
    if named is not None:
        row = {storable(name) or "": value for name, value in row.items()} | {BROKEN: named}
    return row


def _with_seen_columns(rows: Iterator[Row], place: Place) -> Table:
    beginning: list[tuple[int, Row]] = []
    for row in islice(rows, SNIFFED_ROWS):
        beginning.append((place.line, row))
    columns = {name: None for _, row in beginning for name in row if name not in (BROKEN, LINE)}
    return Table(list(columns), chain(_again(beginning, place), rows), place=place)


def _again(beginning: Iterable[tuple[int, Row]], place: Place) -> Iterator[Row]:
    for place.line, row in beginning:
        yield row


def _joined(table: Table, path: Path, join: Join) -> Table:
    other = open_table(path, CsvOptions())
    if other.asked:
        raise UnreadableFile(
            f"joins: {join.file} is not in UTF-8, and its encoding cannot be told for certain. "
            "Save it as CSV UTF-8."
        )
    if join.key not in other.columns:
        raise UnreadableFile(
            f"joins: {join.file} has no column {join.key!r}. Columns: {', '.join(other.columns)}"
        )
    found: dict[str, Row] = {}
    for row in islice(other.rows, LARGEST_JOIN):
        named: Row = {f"{join.prefix}.{name}": value for name, value in row.items()}
        found[plain_text(row.get(join.key) or "")] = named
    if next(other.rows, None) is not None:
        raise UnreadableFile(f"joins: {join.file} has more than {LARGEST_JOIN:,} rows.")
    columns = [f"{join.prefix}.{name}" for name in other.columns]
    return Table(
        [*table.columns, *columns],
        _looked_up(table.rows, found, join),
        table.said,
        table.asked,
        table.place,
    )


def _looked_up(rows: Iterable[Row], found: dict[str, Row], join: Join) -> Iterator[Row]:
    for row in rows:
        key = plain_text(row.get(join.column) or "")
        row.update(found.get(join.values.get(key, key), {}))
        yield row
