"""What a mapping says of how a CSV file is written is refused where no file is written so."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.leads.files.formats.reading import open_table
from leadflow.leads.files.formats.tables_of_text import BROKEN, UnreadableFile
from leadflow.leads.files.mapping import MappingInvalid, parse_mapping
from leadflow.leads.files.mapping_parts import CsvOptions
from leadflow.leads.files.proposing.proposed_file import propose_for

PLAIN = {"source": "shop", "fields": {"email": "mail"}}
JAPANESE = "メール,会社\n" + "".join(f"lead{n}@firm.example,会社{n % 3}\n" for n in range(9))


@pytest.mark.parametrize(
    ("option", "wrong", "said"),
    [
        *(("separator", one, "one character") for one in (";;", "\\t", "tab", "", '"', "\n", "x")),
        *(
            ("encoding", one, "no encoding")
            for one in ("idna", "punycode", "rot13", "base64", "klingon", "", "a\0b", "undefined")
        ),
    ],
)
def test_what_separates_no_values_and_writes_no_text_is_refused_with_what_to_write(
    option: str, wrong: str, said: str
) -> None:
    with pytest.raises(MappingInvalid) as refused:
        parse_mapping(PLAIN | {"csv": {option: wrong}})
    [problem] = refused.value.problems
    assert problem.place == f"csv.{option}"
    assert said in problem.problem


@pytest.mark.parametrize("separator", [",", ";", "|", "\t", "~", "§"])
def test_any_sign_separates(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(f"id{separator}mail\n1{separator}a@b.example\n", encoding="utf-8")
    options = parse_mapping(PLAIN | {"csv": {"separator": separator}}).csv
    assert list(open_table(path, options).rows) == [{"id": "1", "mail": "a@b.example"}]


@pytest.mark.parametrize("encoding", ["utf-16", "UTF16", "U16"])
def test_a_file_that_is_not_written_as_it_is_said_to_be_is_refused(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes("id,mail\n1,jürgen@firm.example\n".encode())
    with pytest.raises(UnreadableFile, match=r"csv.encoding: leads\.csv is not written in"):
        open_table(path, CsvOptions(encoding=encoding))


@pytest.mark.parametrize("encoding", ["ascii", "iso2022_jp", "hz"])
def test_rows_in_another_encoding_than_is_said_are_set_aside(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes("id,mail\n1,jürgen@firm.example\n".encode())
    [row] = open_table(path, CsvOptions(encoding=encoding)).rows
    assert "another encoding" in str(row[BROKEN])
    assert json.dumps(row, ensure_ascii=False).encode()


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "utf-16", "utf-8"])
def test_a_file_is_read_in_the_encoding_that_is_said(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(JAPANESE.encode(encoding))
    made = propose_for(path, "shop", datetime.now(UTC), encoding)
    assert [one.column for one in made.columns] == ["メール", "会社"]
    assert made.content["csv"]["encoding"] == encoding
    assert made.content["fields"]["email"] == "メール"
    assert parse_mapping(made.content).csv.encoding == encoding


def test_names_of_columns_in_another_encoding_are_refused_and_never_half_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(JAPANESE.encode("shift_jis"))
    with pytest.raises(UnreadableFile, match="encoding=shift_jis"):
        open_table(path, CsvOptions(encoding="utf-8"))
    lines = tmp_path / "leads.jsonl"
    lines.write_text('{"mail": "a@b.example", "\\ud800x": "1"}\n{"mail": "c@d.example"}\n')
    table = open_table(lines, CsvOptions())
    assert json.dumps(table.columns, ensure_ascii=False).encode()
    assert [BROKEN in row for row in table.rows] == [True, False]
