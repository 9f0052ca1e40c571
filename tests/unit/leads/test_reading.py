"""Files are read as they are; what cannot be read is said, row by row or at once."""

import csv
import gzip
import io
import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from leadflow.leads.files.formats.reading import chunks, fingerprint, open_table
from leadflow.leads.files.formats.tables_of_text import BROKEN, LINE, UnreadableFile
from leadflow.leads.files.mapping_parts import CsvOptions

CSV = CsvOptions()


def rows(path: Path, options: CsvOptions = CSV) -> list[dict[str, str | None]]:
    return list(open_table(path, options).rows)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separator_and_encoding_are_found(tmp_path: Path, mark: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'name{mark}size\n"Müller{mark} & Söhne"{mark}3\n'.encode(encoding))
    assert rows(path) == [{"name": f"Müller{mark} & Söhne", "size": "3"}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_found_without_its_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("name;size\nMüller;3\n".encode(encoding))
    assert rows(path) == [{"name": "Müller", "size": "3"}]


def test_a_file_is_unpacked_by_what_it_is_and_not_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    (tmp_path / "b.csv.gz").write_bytes(b"a,b\n1,2\n")
    assert rows(tmp_path / "a.csv") == rows(tmp_path / "b.csv.gz") == [{"a": "1", "b": "2"}]


TABLE = "id;mail;plan;seats;since\n" + "".join(
    f"{n};a{n}@x.example;p;2;2025-01-01\n" for n in range(5)
)


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("", 0),
        ("Leads of January, exported\n", 1),
        ("Leads of January\n\n", 2),
        ("Leads;;;;\nmade on 2026-01-31;;;;\n", 2),
        ("Exported;2026-01-31\nBy;Ann\n", 2),
        ("sep=;\n", 1),
    ],
)
def test_rows_above_the_header_are_passed_over_and_said(
    tmp_path: Path, above: str, lines: int
) -> None:
    (tmp_path / "a.csv").write_text(above + TABLE)
    table = open_table(tmp_path / "a.csv", CSV)
    assert table.columns == ["id", "mail", "plan", "seats", "since"]
    assert len(list(table.rows)) == 5
    assert len(table.said) == (1 if lines else 0)
    if above.startswith("Exported"):
        return  # in a sheet every row is as wide as the table
    lines_of_it = [line for line in (above + TABLE).split("\n") if line]
    cells: list[list[object]] = [[*line.split(";")] for line in lines_of_it]
    workbook(tmp_path / "a.xlsx", Leads=cells)
    assert open_table(tmp_path / "a.xlsx", CSV).columns == table.columns


@pytest.mark.parametrize(
    "text",
    ["note\nhello\nwell, yes\nno\nso, what\n", "mail\na@x.example\nb@x.example\n", "a,b\n1,\n,2\n"],
)
def test_a_header_without_anything_above_it_stays_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    table = open_table(tmp_path / "a.csv", CSV)
    assert table.columns == text.split("\n")[0].split(",")


def test_sixty_columns_are_sixty_columns(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(60)]
    (tmp_path / "a.csv").write_text(";".join(names) + "\n" + ";".join("1" * 60) + "\n")
    assert list(rows(tmp_path / "a.csv")[0]) == names


def test_a_value_may_span_lines_and_files_may_be_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b'a,b\r\n"x\ny",1\r\n\r\nz,2\r\n'))
    assert rows(path) == [{"a": "x\ny", "b": "1"}, {"a": "z", "b": "2"}]


def test_torn_rows_are_marked_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1\n1,2,3\n4,5\n")
    short, long, good = rows(path)
    assert "has 1 values" in str(short[BROKEN])
    assert "has 3 values" in str(long[BROKEN])
    assert good == {"a": "4", "b": "5"}


HEAD = "key,email,company,size\n"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        # The quote before Acme swallows nothing.
        (['q-1,a@x.example,"Acme, Inc,100', "q-2,b@x.example,Beta,200"], ["q-2"]),
        (['q-1,a@x.example,"Acme, Inc,100', 'q-2,b@x.example,"Beta, Ltd",200'], ["q-2"]),
        (["q-1,a@x.example,A,1", 'q-2,b@x.example,"Beta', "q-3,c@x.example,C,3"], ["q-1", "q-3"]),
        (['q-1,a@x.example,"Acme" Inc,100', "q-2,b@x.example,Beta,200"], ["q-2"]),
        # Quotes that fit.
        (['q-1,a@x.example,"Acme\nFloor 3, left",100', "q-2,b,B,2"], ["q-1", "q-2"]),
        (['q-1,a@x.example,5" pipes,100', 'q-2,b@x.example,"the ""B""",2'], ["q-1", "q-2"]),
        (['q-1,a@x.example,"' + "x" * 140_000 + '",100', "q-2,b,B,2"], ["q-1", "q-2"]),
        (['q-1,a@x.example,"' + "x" * 140_000, "q-2,b,B,2"], ["q-2"]),
    ],
)
def test_a_row_whose_quotes_are_wrong_takes_no_other_with_it(
    tmp_path: Path, lines: list[str], kept: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "\n".join(lines))
    found = rows(path)
    assert [row["key"] for row in found if BROKEN not in row] == kept
    # Nothing is lost: what is set aside has its line.
    assert len(found) == len(lines)
    assert all("q-" in str([*row.values()]) for row in found)


@pytest.mark.parametrize(
    "lines",
    [
        ['q-1,a@x.example,"Acme,100', 'q-2,b@x.example,Beta",200'],
        ['q-1,a@x.example,"Dear all', "Hello, yes, fine, thanks", 'bye",100'],
    ],
)
def test_lines_that_may_be_a_note_or_two_rows_are_set_aside_together(
    tmp_path: Path, lines: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "\n".join([*lines, "q-3,c@x.example,C,1"]))
    unsure, good = rows(path)
    assert "could be a row by itself" in str(unsure[BROKEN])
    assert all(line in str(unsure[LINE]) for line in lines)
    assert good["key"] == "q-3"


@pytest.mark.parametrize("seed", range(20))
def test_a_stray_quote_anywhere_changes_no_other_row(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    written = [
        [f"k-{n}", f"{n}@x.example", draw.choice(("Acme, Inc", 'the "B"', "C\nD", "E")), str(n)]
        for n in range(40)
    ]
    out = io.StringIO()
    csv.writer(out).writerows(written)
    text = out.getvalue()
    place = draw.randrange(len(text))
    path = tmp_path / "a.csv"
    path.write_text(HEAD + text[:place] + '"' + text[place:], newline="")
    right = {tuple(cells) for cells in written}
    found = [tuple(row.values()) for row in rows(path) if BROKEN not in row]
    # A quote inside a cell may be one more character of it, or leave its row to be set aside.
    others = [cells for cells in found if cells not in right]
    assert len(others) <= 1
    assert all(str(cells[0]).replace('"', "") in {row[0] for row in written} for cells in others)
    assert len(found) >= len(written) - 3


def test_nested_json_gets_names_with_dots(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": {"b": 1, "c": [true, "x"]}, "d": null, "e": 1.5}\n')
    assert rows(path) == [{"a.b": "1", "a.c": "true; x", "d": None, "e": "1.5"}]


def test_text_that_cannot_be_stored_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "x\\u0000y"}\n{"a": "\\ud800"}\n[1]\n{"a": "ok"}\n')
    assert [BROKEN in row for row in rows(path)] == [True, True, True, False]


def test_parquet_values_become_plain_text(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    parquet.write_table(pa.table({"n": [1], "t": [moment], "b": [True], "w": [None]}), path)
    expected = {"n": "1", "t": "2026-01-02T03:04:00+00:00", "b": "true", "w": None}
    assert rows(path) == [expected]


def workbook(path: Path, **sheets: list[list[object]]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    book.save(path)


def test_a_spreadsheet_is_read_as_its_csv_would_be(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    head: list[object] = ["Name", "Size", "Since", "Zip", "Name", None]
    workbook(
        path,
        Leads=[
            head,
            ["Müller", 150.0, date(2026, 1, 31), "01067", "x", True],
            [None] * 6,
            ["Long id", 12345678901234567890, None, None, None, None],
        ],
        Empty=[],
    )
    good, inexact = rows(path)
    assert list(good.items()) == [
        ("Name", "Müller"),
        ("Size", "150"),
        ("Since", "2026-01-31"),
        ("Zip", "01067"),
        ("Name (2)", "x"),
        ("column 6", "true"),
    ]
    assert "15 digits" in str(inexact[BROKEN])


def test_of_several_sheets_none_is_guessed(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", One=[["a"], [1]], Two=[["a"], [1]])
    with pytest.raises(UnreadableFile, match="One, Two"):
        rows(tmp_path / "a.xlsx")
    workbook(tmp_path / "b.xlsx", One=[])
    with pytest.raises(UnreadableFile, match="no rows"):
        rows(tmp_path / "b.xlsx")


def test_a_name_that_stands_twice_in_the_header_is_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Phone,Phone,,Phone (2)\n1,2,3,4\n")
    (row,) = rows(tmp_path / "a.csv")
    assert list(row) == ["Phone", "Phone (2)", "column 3", "Phone (2) (2)"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.docx", b"x", "only .csv, .jsonl"),
        ("a.json", b"[]", "one object on each line"),
        ("a.csv", b"%PDF-1.4\n%\xe2\xe3\n", "a PDF"),
        ("a.csv", b"\n<!DOCTYPE html><p>Log in, please</p>", "a web page"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1", "a spreadsheet or an archive"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:-12], "is damaged"),
        ("a.xlsx", b"x", "no spreadsheet that can be read: it is damaged, or of another kind"),
        ("a.xls", b"x", "no spreadsheet that can be read: it is damaged, or of another kind"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"PK\x03\x04\x00\x00,\x00\n", "a spreadsheet or an archive"),
        ("a.parquet", b"no", "is not a Parquet file"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=said):
        rows(path)
    with pytest.raises(UnreadableFile, match="There is no file"):
        rows(tmp_path / "missing.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        rows(tmp_path)


def test_chunks_go_on_after_the_rows_that_are_done() -> None:
    all_rows: list[dict[str, str | None]] = [{"n": str(number)} for number in range(7)]
    parts = list(chunks(iter(all_rows), 3, skip=2))
    assert [(first, len(part)) for first, part in parts] == [(2, 3), (5, 2)]
    assert parts[0][1][0] == {"n": "2"}


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("a\n1\n")
    second.write_text("a\n1\n")
    assert fingerprint(first) == fingerprint(second)
    second.write_text("a\n2\n")
    assert fingerprint(first) != fingerprint(second)
