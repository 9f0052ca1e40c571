"""A file without names of columns loses no row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.leads.files.formats.headless import is_row
from leadflow.leads.files.formats.reading import open_table
from leadflow.leads.files.formats.tables_of_text import BROKEN
from leadflow.leads.files.mapping_parts import CsvOptions
from leadflow.leads.files.proposing.proposal import propose

ROWS = [[f"p{n}@x.example", "ab"[n % 2], str(n * 7)] for n in range(40)]


def written(path: Path) -> Path:
    if path.suffix == ".csv":
        path.write_text("".join(",".join(row) + "\n" for row in ROWS))
        return path
    from openpyxl import Workbook

    book = Workbook()
    for row in ROWS:
        book.worksheets[0].append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["leads.csv", "leads.xlsx"])
def test_no_row_is_lost_and_columns_are_called_by_their_place(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name)
    table = open_table(path, CsvOptions())
    assert table.columns == ["column 1", "column 2", "column 3"]
    assert [list(row.values()) for row in table.rows] == ROWS
    made = propose(open_table(path, CsvOptions()), "shop", datetime(2026, 3, 1, tzinfo=UTC))
    assert made.rows == len(ROWS)
    assert made.content["fields"] == {"email": "column 1"}
    assert made.content["attributes"]["shop_column_2"]["column"] == "column 2"
    assert any("column 1" in note for note in made.notes)


def test_a_first_row_with_a_stray_byte_is_set_aside_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    good = "".join(f"p{n}@x.example,Müller\n" for n in range(20)).encode()
    path.write_bytes("a@x.example,Böse\n".encode("cp1252") + good)
    rows = list(open_table(path, CsvOptions()).rows)
    assert [BROKEN in row for row in rows] == [True, *[False] * 20]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Ann", "ann@x.example", "Berlin"], True),
        (["17", "2025-01-31", "$ 1,200.50"], True),
        (["31.01.2025", "+49 30 123456", ""], True),
        (["id", "e-mail", "since"], False),
        (["Region", "2024", "2025"], False),
        (["2023", "2024", "2025"], False),
        (["0", "1", "2"], False),
        (["name", "@handle"], False),
        ([], False),
    ],
)
def test_a_first_line_is_a_row_where_its_cells_can_be_no_names(
    cells: list[str], expected: bool
) -> None:
    assert is_row(cells) is expected
