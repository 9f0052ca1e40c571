"""The summary of contributions: one dot a lead, one row a feature, coloured by its value.

Contributions of an additive model are its Shapley values exactly, those of trees are TreeSHAP
(Lundberg and Lee, 2017), so this is their summary plot, in points.
"""

from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from models.calibration import Vector
from models.scores import Scores

MOST_FEATURES, MOST_LEADS = 10, 600
COLOURS, UNKNOWN = "coolwarm", "#9aa5b1"


def summary(axes: Any, scores: Scores, frame: pd.DataFrame) -> str:
    """Draw contributions (n × f, points) of the leads in ``frame``; returns the label of the
    feature that moves them most.

    Colour runs from a feature's lowest value to its highest. Categories have no order of their own
    and are ordered by the points they bring; a value that is not known is grey.
    """
    sample = np.unique(np.linspace(0, len(frame) - 1, MOST_LEADS).astype(int))
    points = scores.contributions[sample]
    order = np.argsort(-np.abs(points).mean(axis=0), kind="stable")[:MOST_FEATURES]
    for row, place in enumerate(order[::-1]):
        feature = scores.features[place]
        column = frame[feature.name].iloc[sample]
        colour = place_in_range(column, feature, points[:, place])
        height = row + _spread(points[:, place])
        known = ~np.isnan(colour)
        axes.scatter(points[~known, place], height[~known], s=5, color=UNKNOWN, linewidths=0)
        dots = axes.scatter(
            points[known, place],
            height[known],
            s=5,
            c=colour[known],
            cmap=COLOURS,
            vmin=0,
            vmax=1,
            linewidths=0,
        )
    axes.set_yticks(range(len(order)), [scores.features[place].label for place in order[::-1]])
    bar = axes.figure.colorbar(dots, ax=axes, ticks=[0, 1], pad=0.02, aspect=40)
    bar.ax.set_yticklabels(["low", "high"])
    bar.outline.set_visible(False)
    bar.set_label("Value of the feature (grey: not known)", labelpad=-14)
    return scores.features[int(order[0])].label


def place_in_range(column: "pd.Series[Any]", feature: Feature, points: Vector) -> Vector:
    """Where each value (n) lies among the others, 0 for the lowest and 1 for the highest; NaN
    where it is not known."""
    if feature.kind is FeatureKind.CATEGORICAL:
        brought = pd.Series(points).groupby(column.to_numpy(dtype=object)).transform("mean")
        values = brought.to_numpy(dtype=np.float64)
    else:
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    known = ~np.isnan(values)
    result = np.full(len(values), np.nan)
    if known.any():
        _, ranks = np.unique(values[known], return_inverse=True)
        result[known] = ranks / max(1, ranks.max())
    return result


def _spread(points: Vector, bins: int = 80) -> Vector:
    """Heights (n) that put dots of about the same points above and below each other."""
    span = float(np.ptp(points)) or 1.0
    place = np.minimum(((points - points.min()) / span * bins).astype(int), bins - 1)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(bins))
    within = np.empty(len(points), dtype=np.int64)
    within[order] = np.arange(len(points)) - starts[place[order]]
    side = np.where(within % 2 == 0, 1, -1) * ((within + 1) // 2)
    return np.asarray(side * 0.4 / max(1, int(np.abs(side).max())))
