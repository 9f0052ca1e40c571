"""Reading rows out of CSV, JSON lines and Parquet files, one at a time, whatever is in them.

A row is a mapping of column to text. One that cannot be read carries the reason under ``BROKEN``.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from leadflow.leads.mapping import CsvOptions, Join

Row = dict[str, str | None]
BROKEN, REST, LINE = "(broken)", "(rest)", "(line)"
SNIFFED_BYTES = 1 << 16
SNIFFED_ROWS = 500
SEPARATORS = (",", ";", "\t", "|")
LARGEST_JOIN = 1_000_000


class UnreadableFile(ValueError):
    """A file that cannot be read as a table; the message says what to do."""


@dataclass(frozen=True)
class Table:
    """The columns of a file, and its rows as they come."""

    columns: list[str]
    rows: Iterator[Row]


def open_table(path: Path, options: CsvOptions, joins: Sequence[Join] = ()) -> Table:
    """Open a ``.csv``, ``.jsonl``/``.ndjson`` (each also ``.gz``) or ``.parquet`` file.

    Raises:
        UnreadableFile: another kind of file, not there, empty, or a broken header.
    """
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path}.")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".csv", ".tsv", ".txt")):
        table = _open_csv(path, options)
    elif name.endswith((".jsonl", ".ndjson")):
        table = _with_seen_columns(_json_rows(path))
    elif name.endswith(".parquet"):
        table = _with_seen_columns(_parquet_rows(path))
    else:
        raise UnreadableFile(
            f"{path.name}: only .csv, .jsonl and .parquet files (the first two also as .gz) can be "
            "read. Save it as one of them."
        )
    for join in joins:
        table = _joined(table, path.parent / join.file, join)
    return table


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


def _open_csv(path: Path, options: CsvOptions) -> Table:
    with _bytes(path) as stream:
        beginning = stream.read(SNIFFED_BYTES)
    encoding = options.encoding or _encoding(beginning)
    lines = _Lines(path, encoding)
    separator = options.separator or _separator(beginning.decode(encoding, "replace"))
    reader = csv.reader(lines, delimiter=separator)
    columns = [name.strip() or f"column {n}" for n, name in enumerate(next(reader, []), 1)]
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if not columns or repeated:
        raise UnreadableFile(
            f"{path.name} needs a first line that names each column once; it "
            + (f"repeats {', '.join(repeated)}." if repeated else "is empty.")
        )
    return Table(columns, _csv_rows(path, reader, columns, lines))


def _csv_rows(
    path: Path, reader: "Iterator[list[str]]", columns: list[str], lines: "_Lines"
) -> Iterator[Row]:
    width = len(columns)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise UnreadableFile(
                f"{path.name}, near line {lines.number}: {error}. A quote is probably not closed."
            ) from error
        if cells is None:
            return
        if not cells:
            continue
        row: Row = dict(zip(columns, cells, strict=False))
        reason = lines.taken_fault()
        if len(cells) != width:
            reason = f"has {len(cells)} values where the header names {width}"
            row[REST] = "\n".join(cells[width:])
        if reason is not None:
            row[BROKEN] = reason
        yield row


class _Lines:
    """The lines of a text file, with a note of what cannot be stored in any of them."""

    def __init__(self, path: Path, encoding: str) -> None:
        try:
            self._text = io.TextIOWrapper(
                _bytes(path), encoding=encoding, errors=_handler(encoding), newline=""
            )
        except LookupError as error:
            raise UnreadableFile(f"csv.encoding: there is no encoding {encoding}.") from error
        self.number = 0
        self._fault: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.number += 1
        self._fault = self._fault or fault(line)
        return line

    def taken_fault(self) -> str | None:
        """What was wrong with the lines since the last call, if anything."""
        found, self._fault = self._fault, None
        return found


def fault(text: str) -> str | None:
    """Why this text cannot be stored, or None."""
    if "\x00" in text:
        return "contains a NUL character"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "has characters in another encoding than the rest; set csv.encoding in the mapping"
    return None


def _json_rows(path: Path) -> Iterator[Row]:
    lines = _Lines(path, "utf-8-sig")
    for line in lines:
        lines.taken_fault()
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError:
            content = None
        if isinstance(content, dict):
            yield _checked(_flat(content))
        else:
            written = line.strip().encode(errors="replace").decode().replace("\x00", "")
            yield {BROKEN: "is not a JSON object", LINE: written}


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
                for content in batch.to_pylist():
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
    if isinstance(value, (list, tuple)):
        return "; ".join(text for item in value if (text := _text(item)) is not None)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _checked(row: Row) -> Row:
    for name, value in row.items():
        if value is not None and (reason := fault(value)) is not None:
            row[name] = value.encode(errors="replace").decode().replace("\x00", "")
            row[BROKEN] = reason
    return row


def _with_seen_columns(rows: Iterator[Row]) -> Table:
    beginning = list(islice(rows, SNIFFED_ROWS))
    columns = {name: None for row in beginning for name in row if name not in (BROKEN, LINE)}
    return Table(list(columns), chain(beginning, rows))


def _joined(table: Table, path: Path, join: Join) -> Table:
    other = open_table(path, CsvOptions())
    if join.key not in other.columns:
        raise UnreadableFile(
            f"joins: {join.file} has no column {join.key!r}. Columns: {', '.join(other.columns)}"
        )
    found: dict[str, Row] = {}
    for row in islice(other.rows, LARGEST_JOIN):
        named: Row = {f"{join.prefix}.{name}": value for name, value in row.items()}
        found[(row.get(join.key) or "").strip()] = named
    if next(other.rows, None) is not None:
        raise UnreadableFile(f"joins: {join.file} has more than {LARGEST_JOIN:,} rows.")
    columns = [f"{join.prefix}.{name}" for name in other.columns]
    return Table([*table.columns, *columns], _looked_up(table.rows, found, join))


def _looked_up(rows: Iterable[Row], found: dict[str, Row], join: Join) -> Iterator[Row]:
    for row in rows:
        key = (row.get(join.column) or "").strip()
        row.update(found.get(join.values.get(key, key), {}))
        yield row


def _bytes(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _handler(encoding: str) -> str:
    return "replace" if encoding.lower().startswith("utf-16") else "surrogateescape"


def _encoding(beginning: bytes) -> str:
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for spare in range(4):  # the beginning may end within a character of up to four bytes
        try:
            beginning[: len(beginning) - spare].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return "utf-8-sig"
    return "cp1252"


def _separator(beginning: str) -> str:
    first = beginning.split("\n", 1)[0]
    return max(SEPARATORS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
