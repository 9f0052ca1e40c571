"""The rows of a file that names leads: in each an id or an e-mail address, by the same reading as
that of ``leadflow import``."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from leadflow.leads.derive import normalise_email
from leadflow.leads.files.formats.encodings import DOUBTFUL
from leadflow.leads.files.formats.reading import SNIFFED_ROWS, open_table
from leadflow.leads.files.formats.tables_of_text import BROKEN, Row, Table, UnreadableFile
from leadflow.leads.files.mapping_parts import CsvOptions
from leadflow.leads.files.proposing.known_names import EMAIL_NAMES
from leadflow.leads.files.slugs import slug

ID_NAMES = frozenset(("lead_id", "leadid", "lead"))
KEY_NAMES = frozenset(("key", "schlussel", "cle", "clave", "sleutel", "chave", "chiave"))
OWN_ID = "lead_"


class ListUnreadable(ValueError):
    """A file names no leads in a way that is understood; the message says what is missing."""


@dataclass(frozen=True)
class Named:
    """A row: the line of the file in which it begins; a lead's id, its addresses, or both; a key.
    ``fault``: why that is not clear."""

    line: int
    lead_id: str = ""
    emails: tuple[str, ...] = ()
    key: str = ""
    fault: str | None = None


@dataclass(frozen=True)
class _Columns:
    lead_id: str | None
    emails: tuple[str, ...]
    key: str | None
    # Whether it is certain how what is not plain ASCII reads.
    certain: bool


def rows_of(file: Path) -> Iterator[Named]:
    """Each row that is not empty.

    Raises:
        ListUnreadable: it cannot be read, or no column names leads for certain.
    """
    try:
        table = open_table(file, CsvOptions())
        placed = ((table.place.line, row) for row in table.rows)
        first = list(islice(placed, SNIFFED_ROWS))
        columns = _columns(file, table, [row for _, row in first])
        for line, row in chain(first, placed):
            named = _named(line, row, columns)
            if named is not None:
                yield named
    except UnreadableFile as error:
        raise ListUnreadable(f"{file} cannot be read: {error}") from error


def _columns(file: Path, table: Table, first: Sequence[Row]) -> _Columns:
    """Which columns name leads: by what they are called, else by what stands in all their cells."""
    slugs = {name: slug(name) for name in table.columns}
    ids = [name for name, own in slugs.items() if own in ID_NAMES]
    emails = [name for name, own in slugs.items() if own in EMAIL_NAMES]
    if not ids and not emails:
        ids = [name for name in table.columns if _all(first, name, _is_id)]
    emails += [
        name for name in table.columns if name not in emails and _all(first, name, _is_address)
    ]
    if len(ids) > 1:
        raise ListUnreadable(f"{file} has several columns of ids: {', '.join(ids)}. Leave one.")
    if not ids and not emails:
        raise ListUnreadable(
            f"{file} has no column lead_id and none of e-mail addresses, or no row below its "
            f"header. Its columns: {', '.join(table.columns)}."
        )
    keys = [name for name, own in slugs.items() if own in KEY_NAMES]
    return _Columns(
        ids[0] if ids else None,
        tuple(emails),
        keys[0] if keys else None,
        not table.asked,
    )


def _all(rows: Sequence[Row], name: str, fits: Callable[[str], bool]) -> bool:
    cells = [_cell(row, name) for row in rows]
    said = [cell for cell in cells if cell]
    return bool(said) and all(fits(cell) for cell in said)


def _is_id(cell: str) -> bool:
    return cell.startswith(OWN_ID)


def _is_address(cell: str) -> bool:
    name, at, domain = cell.rpartition("@")
    return bool(name and at) and "." in domain and not any(map(str.isspace, cell))


def _cell(row: Row, name: str | None) -> str:
    return "" if name is None else (row.get(name) or "").strip()


def _named(line: int, row: Row, columns: _Columns) -> Named | None:
    broken = row.get(BROKEN)
    lead_id, all_cells = _cell(row, columns.lead_id), (_cell(row, one) for one in columns.emails)
    emails = tuple(dict.fromkeys(cell for cell in all_cells if cell))
    key = _cell(row, columns.key)
    if broken is not None and broken != DOUBTFUL:
        return Named(line, fault=broken)
    if not lead_id and not emails:
        empty = not any(row.values())
        return None if empty else Named(line, fault="it names no lead: no id and no address")
    doubtful = broken is not None or not columns.certain
    if doubtful and not f"{lead_id}{''.join(emails)}{key}".isascii():
        fault = "it is not certain in which encoding it is: save the file as CSV UTF-8"
        return Named(line, fault=fault)
    if not all(map(_is_address, emails)):
        return Named(line, fault="what stands for the address is none")
    return Named(line, lead_id, tuple(map(normalise_email, emails)), key)
