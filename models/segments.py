"""Evaluation by segment: by common categories and by bands of numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from models.calibration import Vector
from models.evaluation import auc
from models.single_features import auc_error

MOST_FEATURES, MOST_VALUES, BANDS = 4, 6, 4
# Smaller segments say nothing; an AUC needs some of both outcomes.
FEWEST_LEADS, FEWEST_OUTCOMES = 30, 5
# Intervals span three standard errors either way (99.7 %): dozens of segments are looked at, and
# with narrower ones some would seem off by chance.
ERRORS = 3.0
MOST_THAT_MATTER = 5


@dataclass(frozen=True)
class Segment:
    """Leads of one value or band of a feature.

    ``gap`` is the mean predicted minus the observed rate; ``off`` says that its interval (99.7 %)
    leaves out 0. ``auc`` is NaN where there are too few outcomes.
    """

    feature: str
    value: str
    leads: int
    converted: int
    predicted: float
    auc: float
    auc_low: float
    auc_high: float
    gap: float
    gap_low: float
    gap_high: float

    @property
    def observed(self) -> float:
        """The share that converted."""
        return self.converted / self.leads

    @property
    def off(self) -> bool:
        """Whether predictions miss by more than chance explains."""
        return self.gap_low > 0 or self.gap_high < 0


def segments(
    frame: pd.DataFrame, labels: np.ndarray, probability: Vector, features: Sequence[Feature]
) -> list[Segment]:
    """Every large enough segment of n leads by the first features (most important first) that
    divide them, categories and numbers each."""
    found: list[Segment] = []
    for categorical in (True, False):
        divided = 0
        for feature in features:
            if (feature.kind is FeatureKind.CATEGORICAL) != categorical or divided == MOST_FEATURES:
                continue
            parts = [
                _segment(feature.label, value, labels[rows], probability[rows])
                for value, rows in _parts(frame[feature.name], feature)
                if rows.sum() >= FEWEST_LEADS
            ]
            if len(parts) > 1:
                found += parts
                divided += 1
    return found


def that_matter(found: Sequence[Segment], most: int = MOST_THAT_MATTER) -> list[Segment]:
    """The few that predictions miss beyond chance, those first in which they miss the most leads'
    worth of conversions."""
    off = [part for part in found if part.off]
    return sorted(off, key=lambda part: -abs(part.gap) * part.leads)[:most]


def _parts(column: "pd.Series[Any]", feature: Feature) -> Iterator[tuple[str, np.ndarray]]:
    """(value in words, which leads), missing ones last."""
    if feature.kind is FeatureKind.NUMERIC:
        yield from _bands(pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64))
        return
    for value in column.value_counts().index[:MOST_VALUES]:
        words = str(value)
        if feature.kind is FeatureKind.BOOLEAN:
            words = "yes" if value else "no"
        yield words, (column == value).to_numpy(dtype=bool, na_value=False)
    yield "not known", column.isna().to_numpy()


def _bands(values: Vector) -> Iterator[tuple[str, np.ndarray]]:
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1))) if len(known) else known
    for place, start in enumerate(edges[:-1]):
        end, last = edges[place + 1], place == len(edges) - 2
        rows = (values >= start) & ((values <= end) if last else (values < end))
        yield f"{start:,.4g} to {'' if last else 'below '}{end:,.4g}", rows
    yield "not known", np.isnan(values)


def _segment(feature: str, value: str, labels: np.ndarray, probability: Vector) -> Segment:
    converted = int(labels.sum())
    gap = float(np.mean(probability - labels))
    # Were the probabilities right, the number that convert would vary by this much; the observed
    # rate's own variance keeps a segment that was given no chance at all from an interval of nil.
    given = float(np.mean(probability * (1 - probability)))
    rate = (converted + 1) / (len(labels) + 2)
    error = float(np.sqrt(max(given, rate * (1 - rate)) / len(labels)))
    ranked = low = high = float("nan")
    if min(converted, len(labels) - converted) >= FEWEST_OUTCOMES:
        ranked = auc(probability, labels)
        width = ERRORS * auc_error(ranked, labels)
        low, high = max(0.0, ranked - width), min(1.0, ranked + width)
    return Segment(
        feature=feature,
        value=value,
        leads=len(labels),
        converted=converted,
        predicted=float(probability.mean()),
        auc=ranked,
        auc_low=low,
        auc_high=high,
        gap=gap,
        gap_low=gap - ERRORS * error,
        gap_high=gap + ERRORS * error,
    )
