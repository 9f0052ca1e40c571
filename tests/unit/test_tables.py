"""Tables of the command line: nothing in them is cut or broken, however narrow the terminal is."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from leadflow.cli import console as output
from leadflow.cli.tables import Aside, print_table, values_of, whole

CLI = Path(__file__).parents[2] / "src" / "leadflow" / "cli"
ID = "appr_01a224fa2d1f57cb35bb77a65c04"
WORDS = st.lists(st.text("abcdefgh_-", min_size=1, max_size=18), max_size=9).map(" ".join)
ROWS = st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=5)


def shown(table: Table, width: int) -> str:
    """What is printed in a terminal so wide."""
    out = StringIO()
    print_table(table, Console(file=out, width=width, highlight=False))
    return out.getvalue()


@given(ROWS, st.integers(40, 200))
def test_every_word_is_whole_in_a_terminal_of_any_width(
    rows: list[tuple[str, str, str, str]], width: int
) -> None:
    table = Table(whole("Approval"), "What it is", "Waits for", "Why", "When", box=None)
    for row in rows:
        table.add_row(ID, *row)
    said = shown(table, width)
    assert said.count(ID) == len(rows)
    assert "…" not in said
    assert all(word in said.split() for row in rows for cell in row for word in cell.split())
    assert max(len(line) for line in said.splitlines()) <= width


def test_what_fits_is_a_table_and_what_does_not_is_told_line_by_line() -> None:
    table = Table(whole("Approval"), "What", whole("Due (UTC)"), box=None)
    table.add_row(ID, "model_promotion lead-conversion/9", "2026-12-09 10:00")
    wide, narrow = shown(table, 100).splitlines(), shown(table, 60).splitlines()
    assert [line.split()[0] for line in wide] == ["Approval", ID]
    assert [line.strip() for line in narrow] == [
        ID,
        "What       model_promotion lead-conversion/9",
        "Due (UTC)  2026-12-09 10:00",
    ]


def told_aside() -> Table:
    """A table with a column that few look at, and that is too wide for most terminals."""
    table = Table("Program", whole("Begins with"), Aside("Acts for"), box=None)
    table.add_row("web", "lf_0123456789", "ann, bob, cleo, dora, " * 30)
    return table


def test_a_column_that_few_look_at_is_left_out_by_name_where_not_all_fit() -> None:
    said = shown(told_aside(), 80)
    assert [line.split() for line in said.splitlines()[:2]] == [
        ["Program", "Begins", "with"],
        ["web", "lf_0123456789"],
    ]
    assert "Left out: Acts for." in said


def test_a_column_in_which_nothing_stands_is_left_out_unless_all_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table("Version", "Note", box=None)
    table.add_row("2", "")
    table.add_row("1", " ")
    assert [line.split() for line in shown(table, 80).splitlines()] == [["Version"], ["2"], ["1"]]
    monkeypatch.setattr(output.OUTPUT, "wide", True)
    assert "Note" in shown(table, 80)
    assert "Note" in shown(Table("Version", "Note", box=None), 80)


def test_whoever_asks_for_it_wide_gets_each_row_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output.OUTPUT, "wide", True)
    assert len(shown(told_aside(), 40).splitlines()) == 2


def test_a_table_for_programs_is_rows_by_their_names_and_without_markup() -> None:
    table = Table("Id", "State", title="Acts")
    table.add_row("out_1", "[bold red]failed[/]")
    assert values_of(table) == {"title": "Acts", "rows": [{"Id": "out_1", "State": "failed"}]}
    unnamed = Table("", "Gain", box=None)
    unnamed.add_row("AUC", escape("[0.1]"))
    assert values_of(unnamed)["rows"] == [["AUC", "[0.1]"]]


def test_what_is_asked_of_the_output_is_taken_from_anywhere_but_behind_two_dashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "OUTPUT", output.Output())
    monkeypatch.setattr(output.console, "stderr", False)
    assert output.asked_for(["keys", "--json", "list"]) == ["keys", "list"]
    assert (output.OUTPUT.json, output.OUTPUT.wide) == (True, False)
    assert output.asked_for(["find", "--", "--wide"]) == ["find", "--", "--wide"]
    assert (output.OUTPUT.json, output.OUTPUT.wide) == (False, False)


def test_values_that_look_like_markup_stay_as_they_are_and_empty_ones_are_left_out() -> None:
    table = Table("Program", "Acts for", "Why", box=None)
    table.add_row("web", "", escape("[bold] was said " + "at length " * 20))
    said = shown(table, 40)
    assert "[bold]" in said
    assert "Acts for" not in said


@pytest.mark.parametrize("path", sorted(CLI.rglob("*.py")), ids=lambda path: path.name)
def test_tables_are_printed_by_the_one_function_that_looks_at_the_width(path: Path) -> None:
    if path.name == "tables.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "console.print":
            said = [ast.unparse(given) for given in node.args]
            assert not any(word == "table" or "_table(" in word for word in said), node.lineno
