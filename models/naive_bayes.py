"""Naive Bayes: each feature's own conversion rates, as if features were independent.

The yardstick of every training: what cannot beat it has learned nothing from features together.
"""

import numpy as np

from models.additive import AdditiveModel, Curve
from models.calibration import logit
from models.encoding import Encoding, Matrix

BINS = 10


def learn(
    matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int, bins: int = BINS
) -> AdditiveModel:
    """Rates by category and by bin of equal size, smoothed by one lead at the average rate."""
    rate = float(labels.mean())
    curves = [
        _curve(matrix[:, place], labels, rate, encoding, place, bins)
        for place in range(matrix.shape[1])
    ]
    base = float(logit(np.array([rate]))[0])
    return AdditiveModel.centred(base, curves, matrix, encoding.categorical)


def _curve(
    values: Matrix,
    labels: np.ndarray,
    rate: float,
    encoding: Encoding,
    place: int,
    parts: int,
) -> Curve:
    known = values[~np.isnan(values)]
    if place in encoding.categorical:
        edges = np.arange(encoding.codes(place), dtype=np.float64)
    elif len(known):
        edges = np.unique(np.quantile(known, np.linspace(0, 1, parts + 1)[1:-1]))
    else:
        edges = np.empty(0)
    # What is missing sorts behind the infinite last edge and so has a bin of its own.
    bins = np.searchsorted(np.append(edges, np.inf), values, side="left")
    width = len(edges) + 2
    converted = np.bincount(bins, weights=labels, minlength=width) + rate
    other = np.bincount(bins, weights=1 - labels, minlength=width) + 1 - rate
    ratio = np.log(converted / other) - np.log(rate / (1 - rate))
    return Curve(tuple(edges.tolist()), tuple(ratio[:-1].tolist()), float(ratio[-1]))
