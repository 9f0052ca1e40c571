"""A score as a sum: contributions in points, dimensions, a calibrated probability.

Points are log-odds on a friendly scale: 50 is the average lead, ten points more are twice the odds,
so a contribution of log-odds ``x`` is ``10 · x / ln 2`` points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from features.feature import Dimension, Feature
from models.calibration import Vector
from models.encoding import Matrix

AVERAGE = 50.0
POINTS_PER_LOG_ODDS = 10.0 / float(np.log(2.0))
Regime = Literal["rubric", "blend", "model"]


@dataclass(frozen=True)
class Scores:
    """Scores of n leads by f features.

    ``contributions`` (n × f) are points; ``points`` (n) is exactly 50 plus their sum; ``total`` is
    that clipped to 0–100. ``probability`` (n) is calibrated, ``low`` and ``high`` its interval.
    """

    lead_ids: Any
    features: tuple[Feature, ...]
    contributions: Matrix
    probability: Vector
    low: Vector
    high: Vector
    confidence: list[str]
    regime: Regime
    version: str

    @property
    def points(self) -> Vector:
        """50 plus the contributions, not clipped."""
        return np.asarray(AVERAGE + self.contributions.sum(axis=1))

    @property
    def total(self) -> Vector:
        """The score: points clipped to 0–100."""
        return np.minimum(np.maximum(self.points, 0.0), 100.0)

    def dimension_points(self) -> Matrix:
        """The five dimensions (n × 5) in their order: 50 plus each one's contributions, clipped."""
        member = _membership(tuple(feature.dimension for feature in self.features))
        sums = AVERAGE + self.contributions @ member
        return np.minimum(np.maximum(sums, 0.0), 100.0)

    def dimensions(self) -> pd.DataFrame:
        """The five dimensions by name (n × 5)."""
        names = [str(dimension) for dimension in Dimension]
        return pd.DataFrame(self.dimension_points(), columns=names, index=self.lead_ids)


@lru_cache(maxsize=64)
def _membership(dimensions: tuple[Dimension, ...]) -> Matrix:
    """Which dimension (f × 5) each feature belongs to, as zeros and ones."""
    return np.array([[mine == one for one in Dimension] for mine in dimensions], dtype=np.float64)


class Scorer(Protocol):
    """What scores leads: the rubric, or a learned scorecard."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features it looks at."""

    @property
    def regime(self) -> Regime:
        """``rubric``, ``blend`` or ``model``."""

    @property
    def version(self) -> str:
        """Which rubric or which model."""

    def score(self, frame: pd.DataFrame) -> Scores:
        """Score a frame of features, one row a lead."""

    def score_rows(self, leads: Sequence[Mapping[str, object]]) -> Scores:
        """Score n leads from their features by name."""

    def score_one(self, values: Mapping[str, object]) -> Scores:
        """Score one lead from its features by name."""

    def usual(self, name: str) -> object | None:
        """A feature's usual value among the leads learned from; None where that is not known."""
