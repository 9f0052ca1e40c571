"""From raw log-odds to honest probabilities, and how sure one may be of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]
BINS = 10
LEVEL = 0.9
FREE, DRIFT = 100.0, 0.5
# Raw scores that differ by less than this of their size are one score, worked out in two orders.
ROUNDING = 1e-9
# Where a lead is like fewer than this many leads learned from, history says nothing of it.
FEWEST_SIMILAR = 20
NOT_ENOUGH = "not enough history"
CONFIDENCES = np.array([NOT_ENOUGH, "high", "medium", "low"], dtype=object)
DOUBT = float(np.log(4.0))
Bin = tuple[float, float, float, int]


def sigmoid(log_odds: Vector) -> Vector:
    """The probability of log-odds."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40, 40)))


def logit(probability: Vector) -> Vector:
    """The log-odds of a probability, kept finite."""
    kept = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.log(kept / (1 - kept))


def losses(probability: Vector, labels: np.ndarray) -> Vector:
    """Log loss of each lead (n)."""
    kept = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(-np.where(labels == 1, np.log(kept), np.log1p(-kept)))


@dataclass(frozen=True)
class Lines:
    """A slope common to all blocks and a shift for each."""

    slope: float
    shifts: Vector

    @staticmethod
    def fit(blocks: Sequence[tuple[Vector, np.ndarray]]) -> "Lines":
        """Fit to blocks of (raw log-odds, labels) that the model had not learned from, in order.

        Blocks have shifts of their own, because how many leads convert changes over time and would
        otherwise bend the slope.
        """
        from sklearn.linear_model import LogisticRegression

        raw, labels = (np.concatenate(part) for part in zip(*blocks, strict=True))
        block = np.repeat(np.arange(len(blocks)), [len(truth) for _, truth in blocks])
        centre, scale = float(raw.mean()), float(raw.std())
        if scale <= ROUNDING * max(1.0, abs(centre)):
            return Lines._level(blocks)
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
            return Lines._level(blocks)
        return Lines(slope, np.asarray(shifts))

    @staticmethod
    def _level(blocks: Sequence[tuple[Vector, np.ndarray]]) -> "Lines":
        """The order of the raw scores says nothing on later data: everyone gets the base rate."""
        return Lines(1e-6, logit(np.array([truth.mean() for _, truth in blocks])))

    def log_odds(self, blocks: Sequence[tuple[Vector, np.ndarray]]) -> list[Vector]:
        """Each block's calibrated log-odds."""
        return [
            self.slope * raw + shift for (raw, _), shift in zip(blocks, self.shifts, strict=True)
        ]


@dataclass(frozen=True)
class Calibration:
    """A straight line through log-odds (Platt, 1999), so that sums stay sums.

    ``bins`` are (probability, low, high, leads) learned from predictions on later data: the
    interval of the conversion rate among leads of about this probability (Jeffreys, 90 %). Without
    bins there is no history: the interval spans a quarter to four times the odds.
    """

    slope: float
    shift: float
    bins: tuple[Bin, ...]

    @staticmethod
    def learn(blocks: Sequence[tuple[Vector, np.ndarray]]) -> "Calibration":
        """Fit on blocks of (raw log-odds, labels) that the model had not learned from, in order;
        the latest block's shift is kept."""
        lines = Lines.fit(blocks)
        # Each block is held against its own rate, or earlier ones would blur the intervals.
        seen = sigmoid(np.concatenate(lines.log_odds(blocks)))
        bins = _bins(seen, np.concatenate([truth for _, truth in blocks]))
        return Calibration(lines.slope, float(lines.shifts[-1]), bins)

    def log_odds(self, raw: Vector) -> Vector:
        """Calibrated log-odds."""
        return self.slope * raw + self.shift

    def interval(self, probability: Vector, similar: Vector) -> tuple[Vector, Vector]:
        """Low and high ends of the probability (n), by the nearest bins on either side.

        ``similar`` (n) says how many leads learned from are like each: with fewer than a bin
        holds, the interval is as wide as that few would make it (its log-odds grow with the square
        root of the ratio).
        """
        odds = logit(probability)
        if not self.bins:
            return sigmoid(odds - DOUBT), sigmoid(odds + DOUBT)
        centres, lows, highs, leads = np.array(self.bins).T
        widen = np.sqrt(np.maximum(1.0, np.interp(probability, centres, leads) / similar))
        below = np.maximum(0.0, odds - np.interp(probability, centres, logit(lows)))
        above = np.maximum(0.0, np.interp(probability, centres, logit(highs)) - odds)
        low, high = sigmoid(odds - widen * below), sigmoid(odds + widen * above)
        return np.minimum(low, probability), np.maximum(high, probability)

    def confidence(self, low: Vector, high: Vector, similar: Vector) -> list[str]:
        """high, medium or low, by how many doublings of the odds the interval spans; "not enough
        history" where hardly any lead learned from is similar."""
        doublings = (logit(high) - logit(low)) / np.log(2)
        unknown = similar < FEWEST_SIMILAR if self.bins else np.ones(len(low), dtype=bool)
        places = np.select([unknown, doublings <= 1.0, doublings <= 2.0], [0, 1, 2], 3)
        words: list[str] = CONFIDENCES[places].tolist()
        return words


def _bins(probability: Vector, labels: np.ndarray) -> tuple[Bin, ...]:
    """Interval of the conversion rate in bins of equal size, lowest probability first."""
    from scipy.stats import beta

    order = np.argsort(probability, kind="stable")
    tail = (1 - LEVEL) / 2
    result: list[Bin] = []
    for part in np.array_split(order, min(BINS, max(1, len(order) // 20))):
        converted, total = int(labels[part].sum()), len(part)
        low, high = beta.ppf([tail, 1 - tail], converted + 0.5, total - converted + 0.5)
        centre = float(probability[part].mean())
        if not result or centre > result[-1][0]:
            result.append((centre, float(low), float(high), total))
    return tuple(result)
