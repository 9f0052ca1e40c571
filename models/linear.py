"""Regularised logistic regression: a straight line a number, a step a category."""

from typing import Any

import numpy as np

from models.additive import AdditiveModel, Curve, Line
from models.encoding import Encoding, Matrix
from models.evaluation import evaluate

STRENGTHS = (0.01, 0.1, 1.0)
LARGE_SAMPLE = 12_000
# A line goes on beyond the range seen by as much again, then stays level.
BEYOND = 1.0
# Numbers that differ by less than this of their size are one number, worked out in two ways.
ROUNDING = 1e-12


def learn(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> AdditiveModel:
    """Fit with an L2 penalty whose strength is chosen on leads held back. A line whose weight would
    have a sign that its feature may not have is left out."""
    specs = [
        spec
        for place in range(matrix.shape[1])
        for spec in _specs(matrix[:, place], place, place in encoding.categorical)
    ]
    design = np.column_stack([_design(matrix[:, spec["feature"]], spec) for spec in specs])
    signs = np.array(
        [encoding.signs[s["feature"]] if s["kind"] == "line" else 0 for s in specs], dtype=np.int64
    )
    fitted = _fit_signed(design, labels, _strength(design, labels, seed), signs)
    weights = fitted.coef_[0]
    curves = [
        _curve(
            [(s, float(w)) for s, w in zip(specs, weights, strict=True) if s["feature"] == place],
            encoding.codes(place) if place in encoding.categorical else 0,
        )
        for place in range(matrix.shape[1])
    ]
    return AdditiveModel.centred(float(fitted.intercept_[0]), curves, matrix, encoding.categorical)


def _curve(columns: list[tuple[dict[str, Any], float]], codes: int) -> Curve:
    """One feature's weighted design columns as a curve; a code not seen has the weight nil."""
    heights, missing, lines = [0.0] * (codes + 1), 0.0, []
    for spec, weight in columns:
        if spec["kind"] == "missing":
            missing = weight
        elif spec["kind"] == "is":
            heights[int(spec["value"])] = weight
        else:
            slope = weight / spec["scale"]
            lines.append(Line(slope, spec["centre"], spec["low"], spec["high"]))
    return Curve(tuple(map(float, range(codes))), tuple(heights), missing, tuple(lines))


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


def _strength(design: Matrix, labels: np.ndarray, seed: int) -> float:
    """The inverse penalty with the lowest log loss on a third held back; at most 12,000 leads."""
    from sklearn.model_selection import train_test_split

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

    return min(STRENGTHS, key=loss)


def _specs(values: Matrix, feature: int, categorical: bool) -> list[dict[str, Any]]:
    """The design columns of one feature."""
    known = values[~np.isnan(values)]
    specs: list[dict[str, Any]] = []
    if 0 < len(known) < len(values):
        specs.append({"feature": feature, "kind": "missing"})
    if categorical:
        codes = np.unique(known)
        return specs + [{"feature": feature, "kind": "is", "value": float(code)} for code in codes]
    if len(known) == 0 or float(np.ptp(known)) <= ROUNDING * float(np.abs(known).max()):
        return specs or [{"feature": feature, "kind": "missing"}]
    low, high = float(known.min()), float(known.max())
    line = {
        "feature": feature,
        "kind": "line",
        "low": low - BEYOND * (high - low),
        "high": high + BEYOND * (high - low),
        "centre": float(known.mean()),
        # The squares of tiny distances may be nil.
        "scale": float(known.std()) or 1.0,
    }
    return [*specs, line]


def _design(values: Matrix, spec: dict[str, Any]) -> Matrix:
    """One design column: a line, a category, or a mark of what is missing."""
    missing = np.isnan(values)
    if spec["kind"] == "missing":
        return np.asarray(missing, dtype=np.float64)
    if spec["kind"] == "is":
        return np.asarray(values == spec["value"], dtype=np.float64)
    line = (np.clip(values, spec["low"], spec["high"]) - spec["centre"]) / spec["scale"]
    return np.where(missing, 0.0, line)
