"""Records of a CSV file, one at a time; one whose quotes are wrong takes no other with it."""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

QUOTE = '"'
MOST_LINES, MOST_CHARACTERS = 1_000, 16 * 1024 * 1024
OPEN = "has a quote that is not closed, or one too many; the rows after it are read by themselves"
TOO_LONG = f"is longer than {MOST_CHARACTERS:,} characters"
# Cells are as long as they are; how long a value may be is said where it is read.
csv.field_size_limit(MOST_CHARACTERS)


@dataclass(frozen=True)
class Record:
    """The cells of a record. ``fault`` is why it cannot be relied on; ``line`` is what stands in
    the file where it could not be taken apart."""

    cells: list[str]
    fault: str | None = None
    line: str | None = None


def records(
    lines: Iterator[str], separator: str, width: int, taken_fault: Callable[[], str | None]
) -> Iterator[Record]:
    """The records of these lines; empty lines are none.

    A cell in quotes may span lines. Where its quotes do not fit, or lines that it would swallow are
    whole rows by themselves, the first line alone is set aside and the next one is read as a row.

    Args:
        width: how many cells the header has.
        taken_fault: what was wrong with the characters of the lines since it was last asked.
    """
    ahead: deque[tuple[str, str | None]] = deque()

    def line_at(place: int) -> str | None:
        while len(ahead) <= place:
            line = next(lines, None)
            if line is None:
                return None
            ahead.append((line, taken_fault()))
        return ahead[place][0]

    while (first := line_at(0)) is not None:
        if QUOTE not in first:
            cells, taken = first.rstrip("\r\n").split(separator), 1
        else:
            found, taken = _quoted(line_at, first, separator, width)
            if found is None:
                fault = OPEN if len(first) <= MOST_CHARACTERS else TOO_LONG
                yield Record([], ahead.popleft()[1] or fault, first.rstrip("\r\n"))
                continue
            cells = found
        faults = [ahead.popleft()[1] for _ in range(taken)]
        if cells != [""] or taken > 1:
            yield Record(cells, next(filter(None, faults), None))


def _quoted(
    line_at: Callable[[int], str | None], first: str, separator: str, width: int
) -> tuple[list[str] | None, int]:
    """The cells of the record that begins with this line, and how many lines it has; None where
    its quotes do not fit."""
    characters, parts, last = len(first), [first], first
    while characters <= MOST_CHARACTERS:
        # A line without a quote closes none.
        cells = _cells(parts, separator) if QUOTE in last else None
        if cells is not None:
            return cells, len(parts)
        following = line_at(len(parts))
        if following is None or len(parts) == MOST_LINES or _is_row(following, separator, width):
            return None, 1
        last = following
        parts.append(last)
        characters += len(last)
    return None, 1


def _cells(parts: list[str], separator: str) -> list[str] | None:
    try:
        (cells,) = csv.reader(parts, delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        return None
    return cells


def _is_row(line: str, separator: str, width: int) -> bool:
    """Whether a line has as many cells as the header, which what people write hardly ever has."""
    return width > 2 and line.count(separator) == width - 1
