"""Tables that can be read in any terminal: what does not fit side by side is told line by line."""

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from leadflow.cli.console import OUTPUT, console

# More lines for a row are no table any more.
TALLEST = 3
# Of a table that is printed at any width.
WIDEST = 10_000


def whole(name: str) -> Column:
    """A column of ids or moments: each stands whole in one line, for it is to be copied."""
    return Column(name, no_wrap=True)


class Aside(Column):
    """A column that few look at: it is left out where the others would not fit beside it."""


def print_table(table: Table, to: Console = console) -> None:
    """Print a table as one where the terminal is wide enough for each word and each id, if need be
    without the columns that few look at; else each of its rows as a few lines, every value behind
    the name of its column. A column in which nothing stands is left out. Where it was asked for:
    as JSON, or at the width that it has, with all columns."""
    if OUTPUT.json:
        OUTPUT.tables.append(values_of(table))
        return
    if OUTPUT.wide:
        width = Measurement.get(to, to.options.update(width=WIDEST), table).maximum
        Console(file=to.file, width=width, highlight=False).print(table)
        return
    table = _without_empty(table)
    if fits(table, to):
        to.print(table)
        return
    fewer = _without_asides(table)
    if fewer is not None and fits(fewer, to):
        to.print(fewer)
        names = ", ".join(str(one.header) for one in table.columns if isinstance(one, Aside))
        to.print(f"Left out: {names}. To see all columns, add --wide.", style="dim")
        return
    if table.title:
        to.print(table.title)
    for number in range(table.row_count):
        _print_row(table, number, to)
    if table.caption:
        to.print(table.caption, style="dim")


def values_of(table: Table) -> dict[str, Any]:
    """The title, and each row by the names of the columns; as a list where they have no names."""
    names = [_plain(column.header) for column in table.columns]
    named = table.show_header and all(names) and len(set(names)) == len(names)
    cells = zip(*(column.cells for column in table.columns), strict=True)
    rows = [[_plain(cell) for cell in row] for row in cells]
    title = None if table.title is None else _plain(table.title)
    if not named:
        return {"title": title, "rows": rows}
    return {"title": title, "rows": [dict(zip(names, row, strict=True)) for row in rows]}


def _plain(value: object) -> str:
    return Text.from_markup(str(value)).plain


def _without_empty(table: Table) -> Table:
    """The table without the columns in which no row says anything."""
    kept = [one for one in table.columns if any(_plain(cell).strip() for cell in one.cells)]
    if not kept:
        return table
    fewer = copy(table)
    fewer.columns = kept
    return fewer


def _without_asides(table: Table) -> Table | None:
    """The table with the other columns; None where there are no others, or all are others."""
    kept = [column for column in table.columns if not isinstance(column, Aside)]
    if not kept or len(kept) == len(table.columns):
        return None
    fewer = copy(table)
    fewer.columns = kept
    return fewer


def fits(table: Table, to: Console) -> bool:
    """Whether no word is cut or broken, and no row becomes a column."""
    lines = to.render_lines(table, to.options)
    shown = "\n".join("".join(part.text for part in line) for line in lines)
    tallest = TALLEST * (table.row_count + 1)
    return len(lines) <= tallest and all(part in shown for part in _unbroken(table))


def _unbroken(table: Table) -> Iterator[str]:
    """What must each stand in one line: words, and values of columns that are whole."""
    for column in table.columns:
        for cell in (column.header, *column.cells):
            plain = Text.from_markup(str(cell)).plain
            yield from plain.splitlines() if column.no_wrap else plain.split()


def print_values(values: Iterable[tuple[str, str]], to: Console = console) -> None:
    """Values behind their names, a little to the right; what is empty is left out."""
    lines = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, value in values:
        if value.strip():
            lines.add_row(name, value)
    to.print(Padding(lines, (0, 0, 0, 2)))


def _print_row(table: Table, number: int, to: Console) -> None:
    """Its first value as a heading, the others below it."""
    said = [(str(column.header), str(list(column.cells)[number])) for column in table.columns]
    to.print(said[0][1], soft_wrap=True, style="bold")
    print_values(said[1:], to)
