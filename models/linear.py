"""Regularised logistic regression: a straight line a number, a step a category."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.additive import AdditiveModel
from models.design import Design
from models.encoding import Encoding, Matrix
from models.evaluation import evaluate

STRENGTHS = (0.01, 0.1, 1.0)
LARGE_SAMPLE = 12_000
FEWEST = 5  # of either outcome, so that both halves of a split hold some


def learn(
    matrix: Matrix,
    labels: np.ndarray,
    encoding: Encoding,
    seed: int,
    strengths: Sequence[float] = STRENGTHS,
) -> AdditiveModel:
    """Fit with an L2 penalty whose strength is chosen on leads held back. A line whose weight would
    have a sign that its feature may not have is left out."""
    design = Design.of(matrix, encoding)
    columns = design.columns(matrix)
    fitted = _fit_signed(columns, labels, _strength(columns, labels, seed, strengths), design.signs)
    return design.model(fitted.coef_[0], float(fitted.intercept_[0]), matrix)


def _fit(design: Matrix, labels: np.ndarray, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(design, labels)


def _fit_signed(design: Matrix, labels: np.ndarray, strength: float, signs: np.ndarray) -> Any:
    """The fit with every weight of its sign (1, -1; 0: any), or nil: columns whose weights are of
    the other sign are emptied, the worst first, until none is."""
    while True:
        fitted = _fit(design, labels, strength)
        against = fitted.coef_[0] * signs
        if against.min() >= 0:
            return fitted
        design = design.copy()
        design[:, int(against.argmin())] = 0.0


def _strength(design: Matrix, labels: np.ndarray, seed: int, strengths: Sequence[float]) -> float:
    """The inverse penalty with the lowest log loss on a third held back, of at most 12,000 leads;
    the one in the middle where there are too few to hold any back."""
    from sklearn.model_selection import train_test_split

    if len(strengths) == 1 or np.bincount(labels, minlength=2).min() < FEWEST:
        return sorted(strengths)[len(strengths) // 2]
    if len(labels) > LARGE_SAMPLE:
        design, _, labels, _ = train_test_split(
            design, labels, train_size=LARGE_SAMPLE, stratify=labels, random_state=seed
        )
    learned, held, learned_labels, held_labels = train_test_split(
        design, labels, test_size=1 / 3, stratify=labels, random_state=seed
    )

    def loss(strength: float) -> float:
        probability = _fit(learned, learned_labels, strength).predict_proba(held)[:, 1]
        return evaluate(probability, held_labels).log_loss

    return min(strengths, key=loss)
