"""Made-up leads whose chance to convert is known, for tests of what learns from them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from features.feature import Dimension, Feature, FeatureKind
from models.calibration import Calibration, Vector, sigmoid
from models.candidates import LEARNERS
from models.encoding import Encoding
from models.scorecard import Part, Scorecard

FEATURES = (
    Feature(
        "seniority", "Job level", Dimension.DEMOGRAPHIC, FeatureKind.CATEGORICAL, "Level: {value}"
    ),
    Feature("budget", "Budget", Dimension.FIT, FeatureKind.NUMERIC, "Budget of {value}"),
    Feature(
        "visits", "Visits", Dimension.BEHAVIOURAL, FeatureKind.NUMERIC, "Visited {value} times"
    ),
    Feature("has_phone", "Phone", Dimension.ENGAGEMENT, FeatureKind.BOOLEAN),
)
LEVELS = np.array(["executive", "manager", "specialist", None], dtype=object)


@dataclass(frozen=True)
class Leads:
    """What a model learns from, and the chance each outcome was drawn with."""

    frame: pd.DataFrame
    labels: np.ndarray
    moments: np.ndarray
    chance: Vector

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> "Leads":
        """These leads, in this order."""
        return Leads(
            self.frame.iloc[rows], self.labels[rows], self.moments[rows], self.chance[rows]
        )

    def undated(self) -> "Leads":
        """The same leads, all looked at in one moment."""
        return replace(self, moments=np.full(len(self), self.moments[0]))


def make(count: int, seed: int = 0, base_rate: float = 0.3) -> Leads:
    """Leads an hour apart; exactly ``base_rate`` of them convert, mostly the promising ones."""
    draw = np.random.default_rng(seed)
    level = draw.integers(0, len(LEVELS), count)
    budget = np.where(draw.random(count) < 0.3, np.nan, draw.gamma(2.0, 10_000.0, count).round())
    visits = draw.poisson(4.0, count).astype(np.float64)
    phone = (draw.random(count) < 0.5).astype(np.float64)
    merit = (
        np.array([1.0, 0.3, -0.5, -0.8])[level]
        + np.where(np.isnan(budget), -0.4, (budget - 20_000) / 20_000)
        + 0.25 * (visits - 4)
        + 0.3 * phone
    )
    # Gumbel noise on the merit, then the best ones: a draw without replacement by the odds.
    labels = np.zeros(count, dtype=np.int64)
    labels[np.argsort(-(merit + draw.logistic(size=count)))[: round(count * base_rate)]] = 1
    frame = pd.DataFrame(
        {"seniority": LEVELS[level], "budget": budget, "visits": visits, "has_phone": phone},
        index=[f"lead_{place}" for place in range(count)],
    )
    moments = np.datetime64("2025-01-01T00", "h") + np.arange(count)
    # Who converts has a merit, with its noise, above a bar; so many as are to convert.
    bar = brentq(lambda height: float(sigmoid(merit - height).mean()) - base_rate, -50, 50)
    return Leads(frame, labels, moments, sigmoid(merit - bar))


def learn(name: str, leads: Leads) -> Scorecard:
    """A scorecard of one candidate, calibrated on other leads of the same kind."""
    encoding = Encoding.learn(leads.frame, FEATURES)
    matrix = encoding.matrix(leads.frame)
    part = Part(1.0, encoding, LEARNERS[name](matrix, leads.labels, encoding, 0))
    later = make(len(leads), seed=99, base_rate=float(leads.labels.mean()))
    calibration = Calibration.learn([(part.raw(later.frame), later.labels)])
    return Scorecard.assemble(name, (part,), calibration, leads.frame)
