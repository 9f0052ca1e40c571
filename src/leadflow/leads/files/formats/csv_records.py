"""Records of a CSV file, one at a time; one whose quotes are wrong takes no other with it."""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

QUOTE = '"'
MOST_LINES, MOST_CHARACTERS = 1_000, 16 * 1024 * 1024
OPEN = "has a quote that is not closed, or one too many; the rows after it are read by themselves"
UNSURE = (
    "has a value over several lines, one of which could be a row by itself; write it on one line, "
    "or take a quote away"
)
TOO_LONG = f"is longer than {MOST_CHARACTERS:,} characters"
# Cells are as long as they are; how long a value may be is said where it is read.
csv.field_size_limit(MOST_CHARACTERS)


@dataclass(frozen=True)
class Record:
    """The cells of a record. ``fault`` is why it cannot be relied on; ``line`` is what stands in
    the file where it could not be taken apart; ``begins``: how many lines were read before it."""

    cells: list[str]
    fault: str | None = None
    line: str | None = None
    begins: int = 0


def records(
    lines: Iterator[str], separator: str, width: int, taken_fault: Callable[[], str | None]
) -> Iterator[Record]:
    """The records of these lines; empty lines are none.

    A cell in quotes may span lines. Where its quotes do not fit, the first line alone is set aside
    and the next one is read as a row. Where they fit, but a line between them is a whole row by
    itself, the lines are set aside together: it may be a note, or a quote too many in two rows.

    Args:
        width: how many cells the header has.
        taken_fault: what was wrong with the characters of the lines since it was last asked.
    """
    ahead: deque[tuple[str, str | None]] = deque()
    above = 0

    def line_at(place: int) -> str | None:
        while len(ahead) <= place:
            line = next(lines, None)
            if line is None:
                return None
            ahead.append((line, taken_fault()))
        return ahead[place][0]

    while (first := line_at(0)) is not None:
        if QUOTE in first:
            cells, taken, wrong = _quoted(line_at, first, separator, width)
        else:
            cells, taken, wrong = first.rstrip("\r\n").split(separator), 1, None
        parts = [ahead.popleft() for _ in range(taken)]
        fault = next((said for _, said in parts if said is not None), wrong)
        if wrong is not None:
            yield Record([], fault, "".join(line for line, _ in parts).rstrip("\r\n"), above)
        elif cells != [""] or taken > 1:
            yield Record(cells, fault, begins=above)
        above += taken


def _quoted(
    line_at: Callable[[int], str | None], first: str, separator: str, width: int
) -> tuple[list[str], int, str | None]:
    """The cells of the record that begins with this line, how many lines it has, and why it cannot
    be taken apart, if it cannot."""
    characters, parts, last, rows = len(first), [first], first, False
    while characters <= MOST_CHARACTERS:
        # A line without a quote closes none.
        cells, wrong = _cells(parts, separator) if QUOTE in last else (None, False)
        if cells is not None and not (rows and len(cells) != width):
            return cells, len(parts), UNSURE if rows else None
        following = line_at(len(parts))
        if wrong or cells is not None or following is None or len(parts) == MOST_LINES:
            return [], 1, OPEN
        last, rows = following, rows or _is_row(following, separator, width)
        parts.append(last)
        characters += len(last)
    return [], 1, TOO_LONG if len(first) > MOST_CHARACTERS else OPEN


def _cells(parts: list[str], separator: str) -> tuple[list[str] | None, bool]:
    """The cells; None where a quote is open yet, or, with True, where more lines mend nothing."""
    try:
        (cells,) = csv.reader(parts, delimiter=separator, strict=True)
    except csv.Error as error:
        return None, "end of data" not in str(error)
    except ValueError:
        return None, True
    return cells, False


def _is_row(line: str, separator: str, width: int) -> bool:
    """Whether a line has as many cells as the header, which what people write hardly ever has."""
    return width > 2 and line.count(separator) == width - 1
