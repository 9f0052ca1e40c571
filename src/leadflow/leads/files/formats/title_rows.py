"""Rows above the header: the title of a report, the day it was made."""

from collections.abc import Sequence

LOOKED_AT = 20
FEW, MANY, MOSTLY = 2, 5, 0.8


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows of a table stand above its header: rows with one value, or two
    where the table has five columns and more, and empty ones between them. A table of one column
    has none."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:LOOKED_AT]]
    header = next((place for place, cells in enumerate(filled) if cells > 1), None)
    if header is None:
        return 0
    pair = filled[header] == len(rows[header]) == FEW
    wider = next((p for p, cells in enumerate(filled) if p > header and cells > FEW), None)
    if pair and wider is not None and _are_columns(filled[wider:], MANY):
        header = wider
    return header if _are_columns(filled[header:], FEW) else 0


def _are_columns(filled: Sequence[int], fewest: int) -> bool:
    """Whether most rows that are not empty have so many values."""
    there = [cells for cells in filled if cells]
    return sum(cells >= fewest for cells in there) >= MOSTLY * len(there)
