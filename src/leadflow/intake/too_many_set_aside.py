"""Files of which so many rows fail that the rest may be another kind of leads than the whole."""

from collections import Counter
from collections.abc import Mapping

from features.how_many import how_many

SHARE, FEWEST = 0.1, 20
SHOWN = 5


class TooManySetAside(ValueError):
    """More than a tenth of the rows fail their checks. What was stored before stays; the import
    goes on where it stopped. ``anyway`` is how whoever brings the file in says to go on."""

    def __init__(
        self, file: str, rows: int, set_aside: int, reasons: Mapping[str, int], anyway: str
    ) -> None:
        most = Counter(dict(reasons)).most_common(SHOWN)
        lines = [f"  {times:,} × {reason}" for reason, times in most]
        super().__init__(
            "\n".join(
                [
                    f"Of the first {how_many(rows, 'row')} of {file}, {set_aside:,} would be set "
                    "aside, more than a tenth:",
                    *lines,
                    "The import has stopped, because the rest may be another kind of leads than "
                    f"the whole. Correct the mapping or the file, or go on all the same: {anyway}",
                ]
            )
        )


def too_many(rows: int, set_aside: int) -> bool:
    """Whether so many of these rows fail that somebody should look: a handful never is."""
    return set_aside >= FEWEST and set_aside > SHARE * rows
