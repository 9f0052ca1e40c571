"""Rows above the header: the title of a report, the day it was made."""

from collections.abc import Sequence

LOOKED_AT = 20
FEW, MANY = 2, 5


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows of a table stand above its header: rows with one value, or two
    where the table has five columns and more, and empty ones between them."""
    filled = [[cell for cell in row if cell.strip()] for row in rows[:LOOKED_AT]]
    for place, cells in enumerate(filled):
        following = next((later for later in filled[place + 1 :] if later), [])
        title = len(cells) == 1 and len(following) > 1
        pair = len(rows[place]) <= FEW and len(cells) == FEW and len(following) >= MANY
        if cells and not title and not pair:
            return place
    return 0
