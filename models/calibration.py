"""From raw log-odds to honest probabilities, and how sure one may be of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]
BINS = 10
LEVEL = 0.9
FREE, DRIFT = 100.0, 0.5


def sigmoid(log_odds: Vector) -> Vector:
    """The probability of log-odds."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40, 40)))


def logit(probability: Vector) -> Vector:
    """The log-odds of a probability, kept finite."""
    kept = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.log(kept / (1 - kept))


@dataclass(frozen=True)
class Calibration:
    """A straight line through log-odds (Platt, 1999), so that sums stay sums.

    ``bins`` are (probability, low, high) triples learned from predictions on later data: the
    interval of the conversion rate among leads of about this probability (Jeffreys, 90 %).
    """

    slope: float
    shift: float
    bins: tuple[tuple[float, float, float], ...]

    @staticmethod
    def learn(blocks: Sequence[tuple[Vector, np.ndarray]]) -> "Calibration":
        """Fit on blocks of (raw log-odds, labels) that the model had not learned from, in order.

        Blocks share a slope but have shifts of their own, because how many leads convert changes
        over time and would otherwise bend the slope; the latest block's shift is kept.
        """
        from sklearn.linear_model import LogisticRegression

        raw, labels = (np.concatenate(part) for part in zip(*blocks, strict=True))
        block = np.repeat(np.arange(len(blocks)), [len(truth) for _, truth in blocks])
        centre, scale = float(raw.mean()), float(raw.std()) or 1.0
        # The penalty holds the blocks' own shifts towards a common one: a scale of 100 leaves the
        # slope and the common shift free, one of DRIFT expects log-odds to move by about that much.
        design = np.column_stack(
            [
                FREE * (raw - centre) / scale,
                np.full(len(raw), FREE),
                DRIFT * np.eye(len(blocks))[block],
            ]
        )
        fitted = LogisticRegression(C=1.0, max_iter=1000, tol=1e-6, fit_intercept=False)
        weights = fitted.fit(design, labels).coef_[0]
        slope = FREE * float(weights[0]) / scale
        shifts = FREE * weights[1] + DRIFT * weights[2:] - slope * centre
        if slope <= 0:
            # The order of the raw scores says nothing on later data: everyone gets the base rate.
            slope, shifts = 1e-6, logit(np.array([truth.mean() for _, truth in blocks]))
        # Each block is held against its own rate, or earlier ones would blur the intervals.
        bins = _bins(sigmoid(slope * raw + shifts[block]), labels)
        return Calibration(slope, float(shifts[-1]), bins)

    def log_odds(self, raw: Vector) -> Vector:
        """Calibrated log-odds."""
        return self.slope * raw + self.shift

    def interval(self, probability: Vector) -> tuple[Vector, Vector]:
        """Low and high ends of the probability, by the nearest bins on either side."""
        centres, lows, highs = np.array(self.bins).T
        low = np.minimum(probability, np.interp(probability, centres, lows))
        high = np.maximum(probability, np.interp(probability, centres, highs))
        return low, high


def confidence(low: Vector, high: Vector) -> list[str]:
    """high, medium or low, by how many doublings of the odds the interval spans."""
    doublings = (logit(high) - logit(low)) / np.log(2)
    words = np.select([doublings <= 1.0, doublings <= 2.0], ["high", "medium"], "low")
    return [str(word) for word in words]


def _bins(probability: Vector, labels: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    """Interval of the conversion rate in bins of equal size, lowest probability first."""
    from scipy.stats import beta

    order = np.argsort(probability, kind="stable")
    tail = (1 - LEVEL) / 2
    result: list[tuple[float, float, float]] = []
    for part in np.array_split(order, min(BINS, max(1, len(order) // 20))):
        converted, total = int(labels[part].sum()), len(part)
        low, high = beta.ppf([tail, 1 - tail], converted + 0.5, total - converted + 0.5)
        centre = float(probability[part].mean())
        if not result or centre > result[-1][0]:
            result.append((centre, float(low), float(high)))
    return tuple(result)
