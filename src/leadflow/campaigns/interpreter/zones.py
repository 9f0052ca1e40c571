"""Time zones of many leads at once. A lead may be in one of several: what is reckoned for it goes
by the first, what is allowed must be allowed in all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Moments = NDArray[np.datetime64]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
NEVER = np.datetime64("NaT", "us")
Places = tuple[str, ...]


@dataclass(frozen=True)
class Zones:
    """``places`` has every set of zones that some lead may be in, ``of`` the number of each row's,
    from 0."""

    places: Sequence[Places]
    of: Numbers

    def of_rows(self, rows: Numbers) -> "Zones":
        """Those of some rows, in their order."""
        return Zones(self.places, self.of[rows])

    def each(self, work: Callable[[Mask, Places], Moments]) -> Moments:
        """Moments worked out for the rows of each set of zones at once."""
        found = np.full(self.of.shape, NEVER)
        for number in np.unique(self.of):
            mine = self.of == number
            found[mine] = work(mine, self.places[number])
        return found


def wall(moments: Moments, zone: str) -> Moments:
    """What clocks in a zone show at these moments (UTC)."""
    at = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return at.to_numpy().astype("datetime64[us]")


def moments_of(walls: Moments, zone: str) -> Moments:
    """The moments (UTC) at which clocks in a zone show this: the first of two where a clock is put
    back, the end of the gap where it is put forward."""
    first = np.ones(walls.shape, dtype=bool)
    local = pd.DatetimeIndex(walls).tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
