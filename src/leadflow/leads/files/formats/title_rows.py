"""Rows above the header: the title of a report, the day it was made."""

from collections.abc import Sequence

LOOKED_AT = 20
FEW, MANY, MOSTLY = 2, 5, 0.8


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows of a table stand above its header: rows with one value, or two
    where the table has five columns and more, and empty ones between them. A table of one column
    has none, unless that stands in another column than they do."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:LOOKED_AT]]
    header = next((place for place, cells in enumerate(filled) if cells > 1), None)
    first = next((place for place, cells in enumerate(filled) if cells), 0)
    if header is None:
        return _beside(rows[:LOOKED_AT]) or first
    pair = filled[header] == len(rows[header]) == FEW
    wider = next((p for p, cells in enumerate(filled) if p > header and cells > FEW), None)
    if pair and wider is not None and _are_columns(filled[wider:], MANY):
        header = wider
    return header if _are_columns(filled[header:], FEW) else first


def _beside(rows: Sequence[Sequence[str]]) -> int:
    """Of rows with one value at most, how many stand above those at the end that have it in the
    same place; none where all have."""
    at = [next((place for place, cell in enumerate(row) if cell.strip()), None) for row in rows]
    places = [(number, place) for number, place in enumerate(at) if place is not None]
    last = places[-1][1] if places else None
    others = [number for number, place in places if place != last]
    below = [number for number, _ in places if not others or number > others[-1]]
    return below[0] if others and len(below) > 1 else 0


def _are_columns(filled: Sequence[int], fewest: int) -> bool:
    """Whether most rows that are not empty have so many values."""
    there = [cells for cells in filled if cells]
    return sum(cells >= fewest for cells in there) >= MOSTLY * len(there)
