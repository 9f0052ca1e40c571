"""Values as whole numbers, so that sums of them are exact and flows over them have one answer."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
FloatMatrix = NDArray[np.floating[Any]]

FINEST = 30
LARGEST = 61
BLOCK = 1 << 17


class ValuesNotFinite(ValueError):
    """Some value is infinite: only finite numbers and NaN (not eligible) can be weighed."""

    def __init__(self) -> None:
        super().__init__(
            "Values must be finite numbers, or NaN where the rep may not have the lead. "
            "Look for a division by zero where the values are made."
        )


@dataclass(frozen=True)
class Grid:
    """Whole number = (value − low) / step, between 0 and top.

    ``prize`` is what one more lead given out counts, or one more lead towards a rep's least:
    more than all that moving leads about to make room for it can cost. Such a move is a cycle that
    passes each rep at most once, so it takes away at most min(leads, reps) values of at most top
    each; twice that leaves a half by which a missing lead shows in any gap.
    """

    low: float
    step: float
    top: int
    prize: int

    @classmethod
    def over(cls, values: FloatMatrix) -> "Grid | None":
        """The grid for values (leads × reps, NaN = not eligible); None where all are NaN.

        The range of the values is cut in 2^30 steps: with a largest value a thousand times the
        mean, rounding moves a sum by less than a millionth. Fewer steps beyond 10^9 pairs, as
        OR-tools multiplies costs by the number of nodes and has 63 bits.

        Raises:
            ValuesNotFinite: some value is infinite.
        """
        low = float(np.fmin.reduce(values, axis=None, initial=np.nan))
        high = float(np.fmax.reduce(values, axis=None, initial=np.nan))
        if np.isnan(low):
            return None
        if np.isinf(high - low) or np.isnan(high - low):
            raise ValuesNotFinite
        leads, reps = values.shape
        detour = 2 * (min(leads, reps) + 1)
        bits = min(FINEST, LARGEST - (detour * (leads + reps + 2)).bit_length())
        top = 1 << bits
        # Values that are all equal lie on any grid; the finest loses nothing to rounding.
        return cls(low, (high - low) / top or sys.float_info.min, top, detour * top)

    def whole(self, values: FloatMatrix) -> FloatArray:
        """The values as whole numbers, in float64, which holds them exactly; NaN stays NaN."""
        scaled = values.astype(np.float64)
        scaled -= self.low
        scaled /= self.step
        return np.rint(scaled, out=scaled)

    def profits(self, values: FloatMatrix, prices: FloatArray) -> Iterator[tuple[int, FloatArray]]:
        """What each pair brings at the reps' prices, in blocks of leads: (first lead, block).

        Profit = whole value + prize − price of the rep; −infinity where not eligible.
        """
        rows = max(1, BLOCK // max(1, values.shape[1]))
        costs = prices - self.prize
        for start in range(0, len(values), rows):
            block = self.whole(values[start : start + rows])
            block -= costs
            np.copyto(block, -np.inf, where=np.isnan(block))
            yield start, block
