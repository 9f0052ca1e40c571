"""Reading CSV files as they come: any separator and encoding, torn rows and stray bytes."""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from leadflow.leads.files.formats.column_names import numbered
from leadflow.leads.files.formats.csv_records import Record, records
from leadflow.leads.files.formats.encodings import Encoding, encoding_of
from leadflow.leads.files.formats.headless import SAID, is_row
from leadflow.leads.files.formats.opening import first_bytes, open_bytes
from leadflow.leads.files.formats.tables_of_text import (
    BROKEN,
    LINE,
    REST,
    Place,
    Row,
    Table,
    UnreadableFile,
    above_header,
)
from leadflow.leads.files.formats.title_rows import LOOKED_AT, titles_above
from leadflow.leads.files.mapping_parts import CsvOptions

SNIFFED_BYTES = 1 << 16
SEPARATORS = (",", ";", "\t", "|")


def open_csv(path: Path, options: CsvOptions) -> Table:
    """A CSV file as a table; separator and encoding are found out where not given, or asked for.

    Raises:
        UnreadableFile: no header, or no text.
    """
    beginning = first_bytes(path, SNIFFED_BYTES)
    found = encoding_of(path, beginning) if options.encoding is None else Encoding(options.encoding)
    lines = TextLines(path, found.name, found.fault)
    text = lines.beginning(beginning)
    separator = options.separator or _separator(text)
    above = titles_above(_first_rows(text, separator))
    for _ in range(above):
        next(lines)
    names = next(csv.reader(lines, delimiter=separator), [])
    fault_of_first = lines.taken_fault()
    headless = is_row(names)
    columns = numbered([""] * len(names) if headless else names)
    if not columns:
        raise UnreadableFile(f"{path.name} is empty: it needs a first line that names the columns.")
    if any("\x00" in name for name in names):
        raise UnreadableFile(
            f"{path.name} is no text. Save it as CSV, or give it the ending it should have."
        )
    if any(fault(name) for name in columns):
        raise UnreadableFile(
            f"{path.name}: the names of its columns are not written in {found.name}. Say in what: "
            "`csv: {encoding: shift_jis}` in the mapping; for a proposal `leadflow import FILE "
            "--encoding shift_jis`, or `encoding=shift_jis` beside the name of a file that is sent."
        )
    read, place = lines.number, Place()
    first = [Record(names, fault_of_first, begins=above - read)] if headless else []
    below = records(lines, separator, len(columns), lines.taken_fault)
    rows = _placed(chain(first, below), columns, place, read + 1)
    asked = () if found.asked is None else (found.asked,)
    said = [SAID] if headless else []
    said += [] if found.said is None else [found.said]
    return Table(columns, rows, (*said, *above_header(above)), asked, place)


def _placed(
    found: Iterable[Record], columns: list[str], place: Place, first_line: int
) -> Iterator[Row]:
    for record in found:
        place.line = first_line + record.begins
        yield _row(record, columns)


def _row(record: Record, columns: list[str]) -> Row:
    if record.line is not None:
        return {BROKEN: record.fault, LINE: storable(record.line)}
    width, cells, reason = len(columns), record.cells, record.fault
    row: Row = dict(zip(columns, cells, strict=False))
    if len(cells) != width:
        reason = f"has {len(cells)} values where the header names {width}"
        row[REST] = "\n".join(cells[width:])
    if reason is not None:
        row = {name: storable(value) for name, value in row.items()} | {BROKEN: reason}
    return row


class TextLines:
    """The lines of a text file, with a note of what cannot be stored in any of them."""

    def __init__(
        self,
        path: Path,
        encoding: str,
        doubt: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        try:
            self._text = io.TextIOWrapper(
                open_bytes(path), encoding=encoding, errors=_handler(encoding), newline=""
            )
        except LookupError as error:
            raise UnreadableFile(f"csv.encoding: there is no encoding {encoding}.") from error
        self._file, self._encoding = path.name, encoding
        self.number, self._doubt = 0, doubt
        self._fault: str | None = None

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> str:
        try:
            line = next(self._text)
        except UnicodeError as error:
            raise self._in_another() from error
        self.number += 1
        if self._fault is None:
            self._fault = fault(line) or (None if line.isascii() else self._doubt(line))
        return line

    def beginning(self, content: bytes) -> str:
        """The beginning of the file as text, with marks for what is none."""
        try:
            return content.decode(self._encoding, "replace")
        except UnicodeError as error:
            raise self._in_another() from error

    def _in_another(self) -> UnreadableFile:
        return UnreadableFile(
            f"csv.encoding: {self._file} is not written in {self._encoding}. Name the encoding it "
            "is written in, or leave it out, and it is found out."
        )

    def taken_fault(self) -> str | None:
        """What was wrong with the lines since the last call, if anything."""
        found, self._fault = self._fault, None
        return found


def storable(value: str | None) -> str | None:
    """The text with ``?`` for what is no character, and without NUL."""
    return value and value.encode(errors="replace").decode().replace("\x00", "")


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


def _handler(encoding: str) -> str:
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    return "replace" if wide else "surrogateescape"


def _separator(beginning: str) -> str:
    """The one that parts the header into most columns."""

    def columns(mark: str) -> int:
        rows = _first_rows(beginning, mark)
        return len(rows[titles_above(rows)]) if rows else 0

    return max(SEPARATORS, key=columns)


def _first_rows(beginning: str, separator: str) -> list[list[str]]:
    """The first lines by themselves, each as a row."""
    lines = islice(io.StringIO(beginning, newline=""), LOOKED_AT)
    return [next(csv.reader([line], delimiter=separator), []) for line in lines]
