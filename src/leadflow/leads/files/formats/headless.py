"""A table whose first line is a row already, and names no columns."""

import re
from collections.abc import Sequence
from itertools import pairwise

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NUMBER = re.compile(r"[$€£]?\s*[+-]?\d[\d.,' ]*%?|\+\d[\d ()./-]+", re.ASCII)
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d{2}.*)?", re.ASCII)
SAID = (
    "The first line has values, such as an e-mail address, and no names of columns: it is read as "
    "a row, and the columns are called by their place, column 1, column 2 and so on. To name them, "
    "write a line of names above it."
)


def is_row(cells: Sequence[str]) -> bool:
    """Whether a first line is no header: one of its cells is an e-mail address, or all of them are
    addresses, numbers or dates, and no numbers that only count on, as 1, 2, 3 or years do."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if any(map(EMAIL.fullmatch, filled)):
        return True
    values = [NUMBER.fullmatch(cell) or DATE.fullmatch(cell) for cell in filled]
    return bool(filled) and all(values) and not _count_on(filled)


def _count_on(cells: Sequence[str]) -> bool:
    return all(map(str.isdecimal, cells)) and all(
        int(after) - int(before) == 1 for before, after in pairwise(cells)
    )
