"""Regularised logistic regression whose coefficients are added up feature by feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.encoding import Encoding, Matrix
from models.evaluation import evaluate

BINS = 8
STRENGTHS = (0.003, 0.03, 0.3)
LARGE_SAMPLE = 12_000


@dataclass(frozen=True)
class LinearModel:
    """Additive log-odds: ``base`` plus a sum over design columns, each owned by one feature.

    A numeric feature has a standardised column and steps at its quantiles, so the line may bend; a
    category is a column of ones; what is missing has a column of its own.
    """

    base: float
    columns: tuple[dict[str, Any], ...]
    width: int

    def contributions(self, matrix: Matrix) -> Matrix:
        """Log-odds (n × f), centred on the leads learned from; they add up to raw − base."""
        result = np.zeros((len(matrix), self.width))
        for column in self.columns:
            values = _design(matrix[:, column["feature"]], column)
            result[:, column["feature"]] += column["weight"] * (values - column["mean"])
        return result

    @staticmethod
    def learn(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> "LinearModel":
        """Fit with an L2 penalty whose strength is chosen on leads held back."""
        specs = [
            spec
            for place in range(matrix.shape[1])
            for spec in _specs(matrix[:, place], place, place in encoding.categorical)
        ]
        design = np.column_stack([_design(matrix[:, spec["feature"]], spec) for spec in specs])
        means = design.mean(axis=0)
        design -= means
        fitted = _fit(design, labels, _strength(design, labels, seed))
        columns = tuple(
            {**spec, "mean": float(mean), "weight": float(weight)}
            for spec, mean, weight in zip(specs, means, fitted.coef_[0], strict=True)
        )
        return LinearModel(float(fitted.intercept_[0]), columns, matrix.shape[1])

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds (n) before calibration."""
        return np.asarray(self.base + self.contributions(matrix).sum(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """The model as plain data."""
        return {"base": self.base, "columns": list(self.columns), "width": self.width}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "LinearModel":
        """The model that ``to_dict`` wrote."""
        return LinearModel(data["base"], tuple(data["columns"]), data["width"])


def _fit(design: Matrix, labels: np.ndarray, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(design, labels)


def _strength(design: Matrix, labels: np.ndarray, seed: int) -> float:
    """The inverse penalty with the lowest log loss on a third held back; at most 12,000 leads."""
    from sklearn.model_selection import train_test_split

    if len(labels) > LARGE_SAMPLE:
        design, _, labels, _ = train_test_split(
            design, labels, train_size=LARGE_SAMPLE, stratify=labels, random_state=seed
        )
    learn, held, learn_labels, held_labels = train_test_split(
        design, labels, test_size=1 / 3, stratify=labels, random_state=seed
    )

    def loss(strength: float) -> float:
        probability = _fit(learn, learn_labels, strength).predict_proba(held)[:, 1]
        return evaluate(probability, held_labels).log_loss

    return min(STRENGTHS, key=loss)


def _specs(values: Matrix, feature: int, categorical: bool) -> list[dict[str, Any]]:
    """The design columns of one feature."""
    known = values[~np.isnan(values)]
    specs: list[dict[str, Any]] = []
    if len(known) < len(values):
        specs.append({"feature": feature, "kind": "missing"})
    if categorical:
        codes = np.unique(known)
        return specs + [{"feature": feature, "kind": "is", "value": float(code)} for code in codes]
    if len(known) == 0:
        return specs
    low, high = (float(limit) for limit in np.quantile(known, [0.01, 0.99]))
    centre, scale = float(known.mean()), float(known.std()) or 1.0
    specs.append(
        {
            "feature": feature,
            "kind": "line",
            "low": low,
            "high": high,
            "centre": centre,
            "scale": scale,
        }
    )
    steps = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    steps = steps[steps > known.min()]
    return specs + [{"feature": feature, "kind": "from", "value": float(step)} for step in steps]


def _design(values: Matrix, spec: dict[str, Any]) -> Matrix:
    """One design column: a bent line, a step, a category, or a mark of what is missing."""
    missing = np.isnan(values)
    if spec["kind"] == "missing":
        return np.asarray(missing, dtype=np.float64)
    if spec["kind"] == "is":
        return np.asarray(values == spec["value"], dtype=np.float64)
    if spec["kind"] == "from":
        return np.asarray(np.where(missing, -np.inf, values) >= spec["value"], dtype=np.float64)
    line = (np.clip(values, spec["low"], spec["high"]) - spec["centre"]) / spec["scale"]
    return np.where(missing, 0.0, line)
