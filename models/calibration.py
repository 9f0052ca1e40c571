"""From raw log-odds to honest probabilities, and how sure one may be of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.doubt import Doubt

Vector = np.ndarray[Any, np.dtype[np.float64]]
WITHIN = 1.6449  # standard deviations on either side that hold 90 % of a normal distribution
# What is expected of a line before any lead is seen, as standard deviations: how far its slope is
# from 1, its blocks' shifts are from each other, and its level is from anything.
SLOPE_SPREAD, DRIFT, FREE = 0.5, 0.3, 100.0
STEPS, SMALLEST_STEP = 100, 1e-8
# From so many converted and so many others on, the line may say what it will.
PLENTY, LEAST_KEPT = 100, 0.1
# Raw scores that differ by less than this of their size are one score, worked out in two orders.
ROUNDING = 1e-9
# Where a lead is like fewer than this many leads learned from, history says nothing of it.
FEWEST_SIMILAR = 20
NOT_ENOUGH = "not enough history"
CONFIDENCES = np.array([NOT_ENOUGH, "high", "medium", "low"], dtype=object)
NO_HISTORY = float(np.log(4.0))


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
    """A slope common to all blocks and a shift for each.

    ``centre`` is the mean raw score. ``line_doubt`` is the covariance (2 × 2) of the slope and of
    the latest block's log-odds at the centre: how unsure the line is.
    """

    slope: float
    shifts: Vector
    centre: float
    line_doubt: Vector

    @staticmethod
    def fit(blocks: Sequence[tuple[Vector, np.ndarray]]) -> "Lines":
        """Fit to blocks of (raw log-odds, labels) that the model had not learned from, in order.

        Blocks have shifts of their own, because how many leads convert changes over time and would
        otherwise bend the slope. Few outcomes would give a slope by luck, so it is held towards 1,
        and the blocks' shifts towards a common one: the most likely line under normal priors.
        """
        raw, labels = (np.concatenate(part) for part in zip(*blocks, strict=True))
        block = np.repeat(np.arange(len(blocks)), [len(truth) for _, truth in blocks])
        centre, scale = float(raw.mean()), float(raw.std())
        if scale <= ROUNDING * max(1.0, abs(centre)):
            return Lines._level(blocks, centre)
        rate = logit(np.array([labels.mean()]))[0]
        design = np.column_stack([raw - centre, np.eye(len(blocks))[block], np.ones(len(raw))])
        expected = np.array([1.0, *np.zeros(len(blocks)), rate])
        spread = np.array([SLOPE_SPREAD, *np.full(len(blocks), DRIFT), FREE])
        weights, doubt = _most_likely(design, labels, expected, spread**-2.0)
        slope = float(weights[0])
        if slope <= 0:
            return Lines._level(blocks, centre)
        latest = np.zeros((2, len(weights)))
        latest[0, 0] = latest[1, -2] = latest[1, -1] = 1.0
        shifts = weights[-1] + weights[1:-1] - slope * centre
        return Lines(slope, np.asarray(shifts), centre, latest @ doubt @ latest.T)

    @staticmethod
    def _level(blocks: Sequence[tuple[Vector, np.ndarray]], centre: float) -> "Lines":
        """The order of the raw scores says nothing on later data: everyone gets the base rate."""
        rates = np.array([truth.mean() for _, truth in blocks])
        bits = len(blocks[-1][1]) * rates[-1] * (1 - rates[-1])
        doubt = np.array([[0.0, 0.0], [0.0, 1 / max(float(bits), 0.5)]])
        return Lines(1e-6, logit(rates), centre, doubt)

    def log_odds(self, blocks: Sequence[tuple[Vector, np.ndarray]]) -> list[Vector]:
        """Each block's calibrated log-odds."""
        return [
            self.slope * raw + shift for (raw, _), shift in zip(blocks, self.shifts, strict=True)
        ]


def _most_likely(
    design: Vector, labels: np.ndarray, expected: Vector, certainty: Vector
) -> tuple[Vector, Vector]:
    """Logistic weights under normal priors of these means and inverse variances, and their
    covariance: Newton's method (Bishop, 2006, 4.4 and 4.5.1)."""

    def cost(weights: Vector) -> float:
        odds = design @ weights
        fit = np.logaddexp(0.0, odds) - labels * odds
        return float(fit.sum() + 0.5 * (certainty * (weights - expected) ** 2).sum())

    weights, bend = expected.copy(), np.diag(certainty)
    for _ in range(STEPS):
        chance = sigmoid(design @ weights)
        pull = design.T @ (labels - chance) - certainty * (weights - expected)
        bend = (design.T * np.maximum(chance * (1 - chance), 1e-9)) @ design + np.diag(certainty)
        step = np.linalg.solve(bend, pull)
        # A full step may go too far where chances are near 0 or 1.
        now, size = cost(weights), 1.0
        while size > SMALLEST_STEP and cost(weights + size * step) > now:
            size /= 2
        weights = weights + size * step
        if float(np.abs(size * step).max()) < SMALLEST_STEP:
            break
    return weights, np.asarray(np.linalg.inv(bend))


def _borne(lines: Lines, blocks: Sequence[tuple[Vector, np.ndarray]]) -> float:
    """What to multiply the slope by so that no chance is beyond what few outcomes bear: the upper
    end of the rate among the highest leads, and the lower end among the lowest (Jeffreys, 95 % on
    one side). 1 where outcomes are plenty."""
    from scipy.stats import beta

    odds, labels = np.concatenate(lines.log_odds(blocks)), np.concatenate([t for _, t in blocks])
    if min(labels.sum(), len(labels) - labels.sum()) >= PLENTY:
        return 1.0
    order, level = np.argsort(odds, kind="stable"), float(odds.mean())
    kept = 1.0
    for ends, tail in ((order[-FEWEST_SIMILAR:], 0.95), (order[:FEWEST_SIMILAR], 0.05)):
        converted = int(labels[ends].sum())
        bound = beta.ppf(tail, converted + 0.5, len(ends) - converted + 0.5)
        room, reach = float(logit(np.array([bound]))[0]) - level, float(odds[ends].mean()) - level
        if reach * (tail - 0.5) > 0:
            kept = min(kept, max(room / reach, 0.0))
    return max(kept, LEAST_KEPT)


@dataclass(frozen=True)
class Calibration:
    """A straight line through log-odds (Platt, 1999), so that sums stay sums.

    ``doubt`` says how far a chance may be off; None where there is no history: the interval then
    spans a quarter to four times the odds.
    """

    slope: float
    shift: float
    doubt: Doubt | None = None

    @staticmethod
    def learn(blocks: Sequence[tuple[Vector, np.ndarray]]) -> "Calibration":
        """Fit on blocks of (raw log-odds, labels) that the model had not learned from, in order;
        the latest block's shift is kept."""
        lines = Lines.fit(blocks)
        (of_slope, both), (_, of_level) = lines.line_doubt.tolist()
        doubt = Doubt(lines.centre, of_level, both, of_slope)
        slope = lines.slope * _borne(lines, blocks)
        level = lines.slope * lines.centre + float(lines.shifts[-1])
        return Calibration(slope, level - slope * lines.centre, doubt)

    def log_odds(self, raw: Vector) -> Vector:
        """Calibrated log-odds."""
        return self.slope * raw + self.shift

    def interval(self, raw: Vector, rarity: Vector) -> tuple[Vector, Vector]:
        """Low and high ends (n) of the chance of leads with these raw log-odds: with 90 %
        certainty, of leads like one, a share between the two converts. See ``Doubt`` for
        ``rarity``."""
        odds = self.log_odds(raw)
        if self.doubt is None:
            reach = np.full(len(odds), NO_HISTORY)
        else:
            reach = WITHIN * np.sqrt(self.doubt.variance(raw, rarity))
        return sigmoid(odds - reach), sigmoid(odds + reach)

    def confidence(self, low: Vector, high: Vector, similar: Vector) -> list[str]:
        """high, medium or low, by how many doublings of the odds the interval spans; "not enough
        history" where hardly any lead learned from is similar."""
        doublings = (logit(high) - logit(low)) / np.log(2)
        unknown = np.ones(len(low), dtype=bool) if self.doubt is None else similar < FEWEST_SIMILAR
        places = np.select([unknown, doublings <= 1.0, doublings <= 2.0], [0, 1, 2], 3)
        words: list[str] = CONFIDENCES[places].tolist()
        return words
