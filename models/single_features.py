"""The predictive power of each feature by itself, and of the others together.

Values become bins or categories, and each bin's log-odds come from leads other than those they are
used for, so that an id that no two leads share says nothing however well it could be memorised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from models.calibration import Vector
from models.evaluation import auc

FOLDS, MOST_BINS, MOST_PERIODS = 5, 24, 10
# Imagined leads at the overall rate that each bin's rate is held towards.
HELD = 5.0
FEWEST = 8
MISSING = 0
# Leads that suffice to weigh features against each other.
ENOUGH = 10_000
# Rank correlation from which two features are one in two guises.
ALIKE = 0.97


@dataclass(frozen=True, eq=False)
class SingleFeature:
    """One feature against the outcomes of n leads.

    ``codes`` (n) is the bin or category, 0 where nothing is known; ``log_odds`` (n) is what the bin
    says, learned from other leads; ``auc`` is how well that ranks leads, in whichever direction,
    and ``error`` its standard error.
    """

    feature: Feature
    codes: np.ndarray
    log_odds: Vector
    auc: float
    error: float


def look_at(
    feature: Feature, column: pd.Series, labels: np.ndarray, strata: np.ndarray
) -> SingleFeature:
    """The feature by itself; leads are compared within ``strata`` (n) only."""
    codes = _codes(column, feature, labels)
    log_odds = _out_of_fold(codes, labels)
    ranked = auc_within(log_odds, labels, strata)
    if feature.kind is not FeatureKind.CATEGORICAL:
        values = _numbers(column)
        whole = np.where(np.isnan(values), np.nanmin(values, initial=0.0) - 1.0, values)
        straight = auc_within(whole, labels, strata)
        ranked = max(ranked, straight, 1.0 - straight)
    return SingleFeature(feature, codes, log_odds, float(ranked), auc_error(ranked, labels))


def together(singles: Sequence[SingleFeature], labels: np.ndarray, strata: np.ndarray) -> float:
    """The AUC of an additive model of these features; 0.5 where there are none."""
    from sklearn.linear_model import LogisticRegression

    if not singles:
        return 0.5
    design = np.column_stack([single.log_odds for single in singles])
    design = (design - design.mean(axis=0)) / np.maximum(design.std(axis=0), 1e-9)
    some = slice(None, None, max(1, len(labels) // ENOUGH))
    fitted = LogisticRegression(C=1.0, max_iter=200, tol=1e-3).fit(design[some], labels[some])
    return auc_within(fitted.decision_function(design), labels, strata)


def same_thing(one: SingleFeature, others: Sequence[SingleFeature]) -> list[SingleFeature]:
    """Those that are this feature in another guise: their bins order leads as its do."""
    mine = _standard_ranks(one.log_odds)
    return [
        other
        for other in others
        if other is not one and abs(float(mine @ _standard_ranks(other.log_odds))) > ALIKE
    ]


def auc_within(score: Vector, labels: np.ndarray, strata: np.ndarray) -> float:
    """The AUC over pairs of leads of the same stratum, each stratum weighing by its pairs."""
    total, pairs = 0.0, 0.0
    for stratum in np.unique(strata):
        rows = strata == stratum
        converted = float(labels[rows].sum())
        weight = converted * (rows.sum() - converted)
        if weight > 0:
            total += weight * auc(score[rows], labels[rows])
            pairs += weight
    return total / pairs if pairs else 0.5


def auc_error(value: float, labels: np.ndarray) -> float:
    """The standard error of an AUC (Hanley and McNeil, 1982)."""
    converted = int(labels.sum())
    other = len(labels) - converted
    both, neither = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (converted - 1) * (both - value**2)
    variance += (other - 1) * (neither - value**2)
    return float(np.sqrt(max(variance, 0.0) / (converted * other)))


def periods(moments: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    """The period (n) of each lead: up to ten of equal size, one where there are no dates."""
    converted = int(labels.sum())
    count = min(MOST_PERIODS, min(converted, len(labels) - converted) // FEWEST)
    if moments is None or count < 2:
        return np.zeros(len(labels), dtype=np.int64)
    edges = np.sort(moments)[(np.arange(1, count) * len(moments)) // count]
    return np.searchsorted(np.unique(edges), moments, side="right")


def _codes(column: pd.Series, feature: Feature, labels: np.ndarray) -> np.ndarray:
    if feature.kind is FeatureKind.CATEGORICAL:
        return pd.factorize(column.astype(object))[0] + 1
    values = _numbers(column)
    known = values[~np.isnan(values)]
    rarer = min(int(labels.sum()), len(labels) - int(labels.sum()))
    bins = int(np.clip(rarer // 4, 2, MOST_BINS))
    different = np.unique(known)
    if len(different) > bins:
        different = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[:-1]))
    codes = np.searchsorted(different, values, side="right")
    return np.where(np.isnan(values), MISSING, codes)


def _numbers(column: pd.Series) -> Vector:
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)


def _out_of_fold(codes: np.ndarray, labels: np.ndarray) -> Vector:
    """Log-odds of each lead's bin, counted in the folds the lead is not in."""
    fold = folds(labels)
    size = int(codes.max()) + 1
    everyone = np.zeros((FOLDS, size))
    converted = np.zeros((FOLDS, size))
    np.add.at(everyone, (fold, codes), 1.0)
    np.add.at(converted, (fold, codes), labels.astype(np.float64))
    rate = float(labels.mean())
    others = everyone.sum(axis=0) - everyone
    rates = (converted.sum(axis=0) - converted + HELD * rate) / (others + HELD)
    return np.asarray(np.log(rates / (1 - rates))[fold, codes])


def folds(labels: np.ndarray) -> np.ndarray:
    """A fold for each lead (n). Folds hold equal shares of both outcomes, or the left-out leads
    would show in the overall rate."""
    fold = np.empty(len(labels), dtype=np.int64)
    draw = np.random.default_rng(0)
    for outcome in (0, 1):
        rows = np.flatnonzero(labels == outcome)
        fold[draw.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return fold


def _standard_ranks(values: Vector) -> Vector:
    """Ranks with mean 0 and length 1, so that a product of two is their rank correlation."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    ranks = ranks - ranks.mean()
    return np.asarray(ranks / max(float(np.linalg.norm(ranks)), 1e-9))
