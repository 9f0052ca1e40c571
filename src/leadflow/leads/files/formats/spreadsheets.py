"""Reading spreadsheets: the one sheet of a workbook that has rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from features.how_many import how_many
from leadflow.leads.files.formats.column_names import numbered
from leadflow.leads.files.formats.csv_files import fault, storable
from leadflow.leads.files.formats.headless import SAID, is_row
from leadflow.leads.files.formats.tables_of_text import (
    BROKEN,
    Place,
    Row,
    Table,
    UnreadableFile,
    above_header,
)
from leadflow.leads.files.formats.title_rows import LOOKED_AT, titles_above
from leadflow.leads.readers.numbers import written

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
# A spreadsheet keeps fifteen digits of a number, and others in the place of the rest.
EXACT = 10**15
INEXACT = "has a number of more than 15 digits, of which a spreadsheet keeps 15; make it text there"


def open_spreadsheet(path: Path) -> Table:
    """The sheet as a table; its first row that is not empty names the columns.

    Raises:
        UnreadableFile: no spreadsheet, one with a password, none or several sheets with rows.
    """
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
        XmlError,
        ZipError,
    )

    try:
        book = CalamineWorkbook.from_path(path)
        shown = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        sheets = {name: book.get_sheet_by_name(name) for name in shown}
    except PasswordError as error:
        raise UnreadableFile(
            f"{path.name} has a password. Save it without one, or as CSV."
        ) from error
    except (CalamineError, ZipError, XmlError, OSError, ValueError) as error:
        raise UnreadableFile(
            f"{path.name} is no spreadsheet that can be read: it is damaged, or of another kind "
            "than its name says. Open it, and save it as .xlsx or .csv."
        ) from error
    filled = [name for name, sheet in sheets.items() if sheet.height]
    if len(filled) != 1:
        which = (
            f"{how_many(len(filled), 'sheet')} with rows ({', '.join(filled)})"
            if filled
            else "no rows"
        )
        raise UnreadableFile(
            f"{path.name} has {which}. Save the sheet with the leads as a file of its own."
        )
    rows = iter(sheets[filled[0]].to_python())
    first = list(islice(rows, LOOKED_AT))
    above = titles_above([[_text(cell) for cell in row] for row in first])
    names = [_text(cell) for cell in first[above]]
    headless = is_row(names)
    columns = numbered([""] * len(names) if headless else names)
    below = chain(first[above if headless else above + 1 :], rows)
    said = (SAID, *above_header(above)) if headless else above_header(above)
    begins = (sheets[filled[0]].start or (0, 0))[0] + above + (1 if headless else 2)
    place = Place()
    return Table(columns, _rows(below, columns, place, begins), said, place=place)


def _rows(
    rows: Iterable[Sequence[Any]], columns: Sequence[str], place: Place, begins: int
) -> Iterator[Row]:
    for line, cells in enumerate(rows, start=begins):
        place.line = line
        texts = [_text(cell) for cell in cells]
        if not any(texts):
            continue
        row: Row = dict(zip(columns, map(storable, texts), strict=False))
        reason = next(filter(None, map(fault, texts)), None)
        if any(isinstance(cell, int | float) and abs(cell) >= EXACT for cell in cells):
            reason = INEXACT
        yield row if reason is None else row | {BROKEN: reason}


def _text(cell: Any) -> str:
    """A cell as one would write it in a CSV file."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT else written(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
