"""Additive log-odds: each feature has a curve of its own, so that a contribution is a look-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.encoding import Matrix

Edges = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Line:
    """``slope`` · (x − ``centre``), level outside ``low`` to ``high``; nil where x is missing."""

    slope: float
    centre: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """One feature's log-odds: steps, and lines on top.

    ``heights[i]`` holds for ``edges[i-1]`` < x ≤ ``edges[i]``, the last one beyond the last edge;
    ``missing`` holds where x is not known. Categories are their codes.
    """

    edges: tuple[float, ...]
    heights: tuple[float, ...]
    missing: float
    lines: tuple[Line, ...] = ()

    def at(self, values: Matrix) -> Matrix:
        """Log-odds (n) of these values."""
        edges, heights = self._table
        # What is missing sorts behind the infinite last edge, which is where its height stands.
        result: Matrix = heights[edges.searchsorted(values)]
        for line in self.lines:
            steps = np.minimum(np.maximum(values, line.low), line.high) - line.centre
            result = result + np.where(np.isnan(steps), 0.0, line.slope * steps)
        return result

    def moved(self, by: float) -> "Curve":
        """The same curve, higher by so much everywhere."""
        heights = tuple(height + by for height in self.heights)
        return Curve(self.edges, heights, self.missing + by, self.lines)

    def only_seen(self, values: Matrix, categorical: bool) -> "Curve":
        """The same curve, nil for codes and for missing values that do not occur in these."""
        heights = self.heights
        if categorical:
            seen = set(values[~np.isnan(values)].tolist())
            heights = tuple(h if code in seen else 0.0 for code, h in enumerate(heights))
        missing = self.missing if np.isnan(values).any() else 0.0
        return Curve(self.edges, heights, missing, self.lines)

    @cached_property
    def _table(self) -> tuple[Edges, Matrix]:
        return np.array([*self.edges, np.inf]), np.array([*self.heights, self.missing])


@dataclass(frozen=True)
class AdditiveModel:
    """Log-odds that are ``base`` plus one curve's value a feature, in the order of the matrix.

    Curves are centred on the leads learned from: their mean over them is nil.
    """

    base: float
    curves: tuple[Curve, ...]

    @staticmethod
    def centred(
        base: float, curves: Sequence[Curve], matrix: Matrix, categorical: Sequence[int]
    ) -> "AdditiveModel":
        """The model with its curves moved so that each has mean nil over these leads (n × f).

        What none of these leads shows (a value that is never missing, a code that never occurs)
        gets nil: nothing is known of it, so it speaks neither for nor against.
        """
        means, moved = [], []
        for place, curve in enumerate(curves):
            values = matrix[:, place]
            means.append(float(curve.at(values).mean()))
            moved.append(curve.moved(-means[-1]).only_seen(values, place in categorical))
        return AdditiveModel(base + sum(means), tuple(moved))

    def contributions(self, matrix: Matrix) -> Matrix:
        """Log-odds (n × f); they add up to raw − base."""
        result = np.empty((len(matrix), len(self.curves)))
        for place, curve in enumerate(self.curves):
            result[:, place] = curve.at(matrix[:, place])
        return result

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds (n) before calibration."""
        return np.asarray(self.base + self.contributions(matrix).sum(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """The model as plain data."""
        return {
            "base": self.base,
            "curves": [
                {
                    "edges": list(curve.edges),
                    "heights": list(curve.heights),
                    "missing": curve.missing,
                    "lines": [[li.slope, li.centre, li.low, li.high] for li in curve.lines],
                }
                for curve in self.curves
            ],
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "AdditiveModel":
        """The model that ``to_dict`` wrote."""
        curves = tuple(
            Curve(
                tuple(item["edges"]),
                tuple(item["heights"]),
                item["missing"],
                tuple(Line(*line) for line in item["lines"]),
            )
            for item in data["curves"]
        )
        return AdditiveModel(data["base"], curves)


def weighted_sum(parts: Sequence[tuple[float, AdditiveModel]]) -> AdditiveModel:
    """One additive model equal to the weighted sum of several over the same features."""
    curves = zip(*(model.curves for _, model in parts), strict=True)
    weights = [weight for weight, _ in parts]
    return AdditiveModel(
        sum(weight * model.base for weight, model in parts),
        tuple(_sum_of_curves(weights, group) for group in curves),
    )


def _sum_of_curves(weights: Sequence[float], curves: Sequence[Curve]) -> Curve:
    edges = np.unique(np.concatenate([np.array(curve.edges) for curve in curves]))
    steps = [Curve(curve.edges, curve.heights, curve.missing) for curve in curves]
    # One value inside each interval: its right end, and infinity for the last.
    inside = np.array([*edges, np.inf])
    heights = sum(w * curve.at(inside) for w, curve in zip(weights, steps, strict=True))
    return Curve(
        tuple(edges.tolist()),
        tuple(np.asarray(heights).tolist()),
        sum(w * curve.missing for w, curve in zip(weights, curves, strict=True)),
        tuple(
            Line(w * line.slope, line.centre, line.low, line.high)
            for w, curve in zip(weights, curves, strict=True)
            for line in curve.lines
        ),
    )
