"""The common form of every file: columns, and rows of text one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

Row = dict[str, str | None]
BROKEN, REST, LINE = "(broken)", "(rest)", "(line)"


class UnreadableFile(ValueError):
    """A file that cannot be read as a table; the message says what to do."""


@dataclass(frozen=True)
class Table:
    """The columns of a file, and its rows as they come."""

    columns: list[str]
    rows: Iterator[Row]
