"""Tables that can be read in any terminal: what does not fit side by side is told line by line."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from leadflow.cli.console import console

# More lines for a row are no table any more.
TALLEST = 3


def whole(name: str) -> Column:
    """A column of ids or moments: each stands whole in one line, for it is to be copied."""
    return Column(name, no_wrap=True)


def print_table(table: Table, to: Console = console) -> None:
    """Print a table as one where the terminal is wide enough for each word and each id; else each
    of its rows as a few lines, every value behind the name of its column."""
    if fits(table, to):
        to.print(table)
        return
    if table.title:
        to.print(table.title)
    for number in range(table.row_count):
        _print_row(table, number, to)
    if table.caption:
        to.print(table.caption, style="dim")


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
