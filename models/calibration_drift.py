"""Calibration drift: whether a model's probabilities still hold on leads that have ended since.

``logit P(converted) = a + b · logit p``: b = 1 and a = 0 where p is honest (Cox, "Two Further
Applications of a Model for Binary Regression", 1958). ``a`` with b held at 1 is the calibration in
the large; ``b`` is the slope: below 1, probabilities are too extreme.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from features.how_many import how_many
from models.calibration import Vector, logit, sigmoid
from models.evaluation import Metrics, calibration_table, evaluate

MINIMUM = 20
# A check runs daily on mostly the same leads, so that one in twenty would alarm before long.
LEVEL = 0.99
FARTHEST = 12.0  # log-odds beyond which a probability is certain enough
LOOSE = 1e-4  # a prior this wide moves nothing, and keeps parted outcomes from being infinite
CalibrationVerdict = Literal["too few", "honest", "too low", "too high", "too extreme", "too timid"]
Interval = tuple[float, float, float]


@dataclass(frozen=True)
class CalibrationCheck:
    """Expected against observed conversions of n leads.

    ``ratio`` (observed over expected), ``shift`` (calibration in the large, log-odds) and ``slope``
    are (value, low, high), with intervals of 99 %; None where there are too few to say.
    """

    leads: int
    converted: int
    expected: float
    verdict: CalibrationVerdict
    ratio: Interval | None = None
    shift: Interval | None = None
    slope: Interval | None = None
    metrics: Metrics | None = None
    table: tuple[dict[str, Any], ...] = ()

    @property
    def alarming(self) -> bool:
        """Whether a bound is passed."""
        return self.verdict not in ("too few", "honest")

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        if self.ratio is None or self.slope is None:
            return (
                f"Too few matured: {self.converted:,} converted and "
                f"{how_many(self.leads - self.converted, 'other lead')} since they were scored; "
                f"at least {MINIMUM} of each are needed."
            )
        counted = (
            f"{self.converted:,} of {how_many(self.leads, 'lead')} converted where "
            f"{self.expected:,.0f} were "
            f"expected ({self.ratio[0]:.2f} times as many)"
        )
        if self.verdict in ("too extreme", "too timid"):
            return f"Probabilities are {self.verdict} (slope {self.slope[0]:.2f}): {counted}."
        if self.verdict == "honest":
            return f"Probabilities hold: {counted}."
        return f"Probabilities are {self.verdict}: {counted}."


def check(probability: Vector, converted: "np.ndarray", bound: float) -> CalibrationCheck:
    """Hold probabilities (n) against what happened (n, 0 or 1).

    A bound is passed where observed over expected (or the slope) is off by more than the factor
    ``bound`` and its interval says that chance does not explain it.
    """
    total, count = len(converted), int(converted.sum())
    expected = float(probability.sum())
    if min(count, total - count) < MINIMUM:
        return CalibrationCheck(total, count, expected, "too few")
    log_odds = np.clip(logit(probability), -FARTHEST, FARTHEST)
    ratio = _ratio(count, total, expected)
    shift = _fitted(np.ones((total, 1)), log_odds, converted)[0]
    slope = _slope(log_odds, converted)
    return CalibrationCheck(
        total,
        count,
        expected,
        _verdict(ratio, slope, bound),
        ratio,
        shift,
        slope,
        evaluate(probability, converted),
        tuple(calibration_table(probability, converted)),
    )


def _verdict(ratio: Interval, slope: Interval, bound: float) -> CalibrationVerdict:
    if _beyond(ratio, bound):
        return "too low" if ratio[0] > 1 else "too high"
    if _beyond(slope, bound):
        return "too extreme" if slope[0] < 1 else "too timid"
    return "honest"


def _beyond(found: Interval, bound: float) -> bool:
    value, low, high = found
    return not 1 / bound <= value <= bound and not low <= 1 <= high


def _ratio(count: int, total: int, expected: float) -> Interval:
    """Observed over expected; the standard error of its logarithm is sqrt((1 - O/n) / O)
    (Debray and others, "A guide to systematic review and meta-analysis of prediction model
    performance", 2017)."""
    value = count / max(expected, 1e-9)
    reach = np.exp(_quantile() * np.sqrt((1 - count / total) / count))
    return value, float(value / reach), float(value * reach)


def _slope(log_odds: Vector, converted: "np.ndarray") -> Interval:
    design = np.column_stack([np.ones(len(log_odds)), log_odds - log_odds.mean()])
    if float(log_odds.std()) < 1e-6:
        return 1.0, -np.inf, np.inf  # one probability for all: nothing to be steep about
    return _fitted(design, np.zeros(len(log_odds)), converted)[1]


def _fitted(design: "np.ndarray", offset: Vector, converted: "np.ndarray") -> list[Interval]:
    """Maximum likelihood of a logistic regression by Newton's method, with Wald's intervals."""
    weights = np.zeros(design.shape[1])
    prior = LOOSE * np.eye(design.shape[1])
    for _ in range(100):
        rate = sigmoid(design @ weights + offset)
        gradient = design.T @ (converted - rate) - prior @ weights
        curvature = (design * (rate * (1 - rate))[:, None]).T @ design + prior
        step = np.linalg.solve(curvature, gradient)
        # Newton's step overshoots where probabilities are nearly certain.
        weights = weights + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    reach = _quantile() * np.sqrt(np.diag(np.linalg.inv(curvature)))
    return [
        (float(value), float(value - wide), float(value + wide))
        for value, wide in zip(weights, reach, strict=True)
    ]


def _quantile() -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + LEVEL) / 2))
