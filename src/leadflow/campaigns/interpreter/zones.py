"""Time zones of many leads at once. A lead may be in one of several: what is reckoned for it goes
by the first, what is allowed must be allowed in all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.datetime64]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
NEVER = np.datetime64("NaT", "us")
Places = tuple[str, ...]
Days = NDArray[np.datetime64]
DaysOff = tuple[Days, ...]
NO_DAYS: Days = np.array([], dtype="datetime64[D]")


@dataclass(frozen=True)
class Zones:
    """``places`` has every set of zones that some lead may be in, ``of`` the number of each row's,
    from 0. ``days_off``: for each set and each of its zones the days, in order, on which nothing
    is sent there; empty where that is on no day."""

    places: Sequence[Places]
    of: Numbers
    days_off: Sequence[DaysOff] = ()

    def of_rows(self, rows: Numbers) -> "Zones":
        """Those of some rows, in their order."""
        return Zones(self.places, self.of[rows], self.days_off)

    def each(self, work: Callable[[Numbers, Places], Moments]) -> Moments:
        """Moments worked out for the rows of each set of zones at once."""
        return self._each(lambda mine, number: work(mine, self.places[number]))

    def each_with_days_off(self, work: Callable[[Numbers, Places, DaysOff], Moments]) -> Moments:
        """The same with the days off of each of the zones."""
        off = self.days_off or [tuple(NO_DAYS for _ in places) for places in self.places]
        return self._each(lambda mine, number: work(mine, self.places[number], off[number]))

    def _each(self, work: Callable[[Numbers, int], Moments]) -> Moments:
        found = np.full(self.of.shape, NEVER)
        # Sorted once, so that the rows of each set lie together, however many sets there are.
        order = np.argsort(self.of, kind="stable")
        numbers, counts = np.unique(self.of, return_counts=True)
        ends = np.cumsum(counts)
        for number, start, end in zip(numbers, ends - counts, ends, strict=True):
            mine = order[start:end]
            found[mine] = work(mine, number)
        return found


def wall(moments: Moments, zone: str) -> Moments:
    """What clocks in a zone show at these moments (UTC)."""
    # It loads for a second, and many commands that know campaigns never reckon with a zone.
    import pandas as pd

    at = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return at.to_numpy().astype("datetime64[us]")


def moments_of(walls: Moments, zone: str) -> Moments:
    """The moments (UTC) at which clocks in a zone show this: the first of two where a clock is put
    back, the end of the gap where it is put forward."""
    import pandas as pd

    first = np.ones(walls.shape, dtype=bool)
    local = pd.DatetimeIndex(walls).tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
