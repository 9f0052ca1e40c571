"""The common form of every file: columns, and rows of text one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Row = dict[str, str | None]
BROKEN, REST, LINE = "(broken)", "(rest)", "(line)"


class UnreadableFile(ValueError):
    """A file that cannot be read as a table; the message says what to do."""


@dataclass
class Place:
    """The line of a file, counted from 1, in which a row begins."""

    line: int = 0


@dataclass(frozen=True)
class Table:
    """The columns of a file, and its rows as they come; ``said`` is what people should know of how
    it was read, ``asked`` what only they can answer: until then it is only a guess.
    ``place``: in which line of the file the row begins that was taken last."""

    columns: list[str]
    rows: Iterator[Row]
    said: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    place: Place = field(default_factory=Place)


def above_header(rows: int) -> tuple[str, ...]:
    """What is said of rows above the header."""
    if not rows:
        return ()
    lines = "The first line is" if rows == 1 else f"The first {rows} lines are"
    return (f"{lines} above the header and not read.",)
