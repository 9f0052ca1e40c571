"""How far off a lead's log-odds may be: what few outcomes leave open."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Doubt:
    """The variance of log-odds: that of the calibration's line, and that of the model itself.

    ``centre`` is the raw log-odds the line was fitted around, ``level`` its variance there,
    ``slope`` that of its slope and ``both`` their covariance. ``unsteady`` is the variance of a
    lead's log-odds for each unit of its ``rarity``: the sum, over the features that matter for
    it, of one through the number of leads learned from with about its value.
    """

    centre: float
    level: float
    both: float
    slope: float
    unsteady: float = 0.0

    def variance(self, raw: Vector, rarity: Vector) -> Vector:
        """The variance (n) of calibrated log-odds."""
        away = raw - self.centre
        of_line = self.level + 2 * self.both * away + self.slope * away**2
        return np.asarray(np.maximum(of_line, 0.0) + self.unsteady * rarity)

    def to_dict(self) -> dict[str, float]:
        """As plain data."""
        return asdict(self)
