"""Whether the figures of a training can be believed: leaks, copies, and the order of the data.

On calls of the bank, without dates; part of ``python -m benchmarks.model``.
"""

import numpy as np
import pandas as pd

from benchmarks.rows import Row
from features.feature import Dimension, Feature, FeatureKind
from features.training_moments import AGES_IN_DAYS
from models.evaluation import auc
from models.training import Training, train

SEED, MOMENT = 0, np.datetime64("2008-05-01")
# Columns that each reach an AUC of 0.92, and hardly more together: most of their noise is common.
LEAKS, STRENGTH, COMMON = 8, 1.99, 0.9
# Smaller than all of it, for what is measured here shows where there is little.
SOME, FEW = 4000, 640


def judgement(frame: pd.DataFrame, labels: np.ndarray, features: tuple[Feature, ...]) -> list[Row]:
    """The rows of this benchmark, for n calls (rows of ``frame``)."""
    order = np.random.default_rng(SEED).permutation(len(labels))
    return [
        *_leaks(frame.iloc[order[:SOME]], labels[order[:SOME]], features),
        *_copies(frame.iloc[order], labels[order], features, SOME, 2),
        *_copies(frame.iloc[order], labels[order], features, FEW, 5),
        *_shuffled(frame.iloc[order[:SOME]], labels[order[:SOME]], features),
    ]


def _learned(
    frame: pd.DataFrame, labels: np.ndarray, features: tuple[Feature, ...], dated: bool = False
) -> Training:
    moments = np.full(len(labels), MOMENT)
    if dated:
        moments = MOMENT + np.arange(len(labels)) * np.timedelta64(32, "m")
    return train(frame, labels, moments, features, seed=SEED)


def _leaks(frame: pd.DataFrame, labels: np.ndarray, features: tuple[Feature, ...]) -> list[Row]:
    """Eight columns that know the outcome, each hidden by the seven others."""
    draw = np.random.default_rng(SEED)
    known_to_all = STRENGTH * labels + np.sqrt(COMMON) * draw.normal(size=len(labels))
    planted = {
        f"planted_{number}": known_to_all + np.sqrt(1 - COMMON) * draw.normal(size=len(labels))
        for number in range(LEAKS)
    }
    known = tuple(Feature(n, n, Dimension.FIT, FeatureKind.NUMERIC) for n in planted)
    training = _learned(frame.assign(**planted), labels, (*features, *known))
    named = {leak.feature for leak in training.leaks}
    without = {leak.feature for leak in _learned(frame, labels, features).leaks}
    return [
        Row("AUC reported with eight leaks together", training.latest.auc, ""),
        Row("… of them named as leaks", len(named & set(planted)), "columns", at_least=LEAKS),
        Row("… honest columns named", len(named - set(planted)), "columns", at_most=0),
        Row("… honest columns named without them", len(without), "columns", at_most=0),
    ]


def _copies(
    frame: pd.DataFrame,
    labels: np.ndarray,
    features: tuple[Feature, ...],
    count: int,
    times: int,
) -> list[Row]:
    """The first calls, each so many times, judged by the training and by all other calls."""
    rows = np.random.default_rng(SEED).permutation(np.tile(np.arange(count), times))
    several = frame.iloc[rows].set_axis([f"call {place}" for place in range(len(rows))])
    training = _learned(several, labels[rows], features)
    others = training.scorecard.score(frame.iloc[count:]).probability
    true = auc(others, labels[count:])
    name = f"{count:,} calls {times} times: AUC reported"
    return [
        Row(name, training.latest.auc, "", None, None, "on all other calls", true),
        Row("… its interval lies above that by", max(0.0, training.auc_low - true), "", None, 0.0),
    ]


def _shuffled(frame: pd.DataFrame, labels: np.ndarray, features: tuple[Feature, ...]) -> list[Row]:
    """How far a chance moves where the same calls come in another order."""
    draw = np.random.default_rng(SEED)
    rows, columns = draw.permutation(len(labels)), draw.permutation(len(features))
    other, outcomes = frame.iloc[rows], labels[rows]
    scored = _learned(frame, labels, features).scorecard.score(frame)
    by_columns = _learned(
        frame[frame.columns[columns]], labels, tuple(features[place] for place in columns)
    )
    by_rows = _learned(other.reset_index(drop=True), outcomes, features)
    first, second = (_looked_at(frame, labels, features, seed) for seed in (1, 2))
    dated = _learned(frame, labels, features, dated=True).scorecard.score(frame)
    dated_rows = _learned(other.reset_index(drop=True), outcomes, features, dated=True)
    moved = dated_rows.scorecard.score(frame).probability
    outside = np.mean((moved < dated.low) | (moved > dated.high))

    def furthest(training: Training) -> float:
        return float(np.abs(training.scorecard.score(frame).probability - scored.probability).max())

    return [
        Row("Columns shuffled: a chance moves by at most", furthest(by_columns), "", None, 1e-9),
        Row("Rows shuffled: a chance moves by at most", furthest(by_rows), "", None, 1e-9),
        Row(
            "Ages drawn anew, all came in at once: a chance moves by at most",
            float(np.abs(first - second).max()),
            "",
            None,
            1e-9,
        ),
        Row("Rows in no order that a mapping dates, shuffled: outside", float(outside), ""),
    ]


def _looked_at(
    frame: pd.DataFrame, labels: np.ndarray, features: tuple[Feature, ...], seed: int
) -> np.ndarray:
    """Chances (n) where the calls came in at once and each was looked at at an age of its own."""
    days = np.array(AGES_IN_DAYS) * np.timedelta64(1, "D")
    ages = np.random.default_rng(seed).choice(days, len(labels))
    training = train(frame, labels, MOMENT + ages, features, seed=SEED)
    return training.scorecard.score(frame).probability
