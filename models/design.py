"""Columns without a gap for what learns in straight lines: a line a number, a step a category, a
mark of what is missing. A weight a column is a curve a feature."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.additive import AdditiveModel, Curve, Line
from models.encoding import Encoding, Matrix

# A line goes on beyond the range seen by as much again, then stays level.
BEYOND = 1.0
# Numbers that differ by less than this of their size are one number, worked out in two ways.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Design:
    """Which columns (c) a matrix (n × f) gives."""

    specs: tuple[dict[str, Any], ...]
    encoding: Encoding

    @staticmethod
    def of(matrix: Matrix, encoding: Encoding) -> "Design":
        """The columns that these leads give rise to."""
        specs = (
            spec
            for place in range(matrix.shape[1])
            for spec in _specs(matrix[:, place], place, place in encoding.categorical)
        )
        return Design(tuple(specs), encoding)

    def columns(self, matrix: Matrix) -> Matrix:
        """The columns (n × c) of leads."""
        return np.column_stack([_column(matrix[:, spec["feature"]], spec) for spec in self.specs])

    def without(self, column: int) -> "Design":
        """The same columns but one: nothing is said by it."""
        return replace(self, specs=self.specs[:column] + self.specs[column + 1 :])

    @property
    def signs(self) -> np.ndarray:
        """For each column the sign its weight may have: 1, -1, or 0 where either is allowed."""
        signs = self.encoding.signs
        return np.array(
            [signs[spec["feature"]] if spec["kind"] == "line" else 0 for spec in self.specs],
            dtype=np.int64,
        )

    def model(self, weights: Sequence[float], intercept: float, matrix: Matrix) -> AdditiveModel:
        """The weighted sum of the columns as curves, centred on these leads (n × f)."""
        pairs = list(zip(self.specs, map(float, weights), strict=True))
        curves = [
            _curve(
                [(spec, weight) for spec, weight in pairs if spec["feature"] == place],
                self.encoding.codes(place) if place in self.encoding.categorical else 0,
            )
            for place in range(matrix.shape[1])
        ]
        return AdditiveModel.centred(intercept, curves, matrix, self.encoding.categorical)


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


def _column(values: Matrix, spec: dict[str, Any]) -> Matrix:
    """One design column: a line, a category, or a mark of what is missing."""
    missing = np.isnan(values)
    if spec["kind"] == "missing":
        return np.asarray(missing, dtype=np.float64)
    if spec["kind"] == "is":
        return np.asarray(values == spec["value"], dtype=np.float64)
    line = (np.clip(values, spec["low"], spec["high"]) - spec["centre"]) / spec["scale"]
    return np.where(missing, 0.0, line)
