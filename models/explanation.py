"""Reasons in words: the contributions that weigh most, with the lead's own values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from models.scores import Scores

FOR, AGAINST = 3, 2
LEAST_POINTS = 0.05


def all_reasons(scores: Scores, frame: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """For each lead up to three reasons for it, then up to two against, strongest first.

    Each is ``{"feature", "text", "points"}``.
    """
    values = [frame[feature.name].tolist() for feature in scores.features]
    order = np.argsort(-scores.contributions, axis=1, kind="stable")
    return [
        [
            _reason(scores, row, place, values[place][row])
            for place in _strongest(scores.contributions[row], order[row])
        ]
        for row in range(len(frame))
    ]


def _strongest(points: np.ndarray, order: np.ndarray) -> Sequence[int]:
    speaking_for = [int(place) for place in order[:FOR] if points[place] >= LEAST_POINTS]
    against = [int(place) for place in order[::-1][:AGAINST] if points[place] <= -LEAST_POINTS]
    return speaking_for + against


def _reason(scores: Scores, row: int, place: int, value: object) -> dict[str, Any]:
    feature = scores.features[place]
    return {
        "feature": feature.name,
        "text": feature.sentence(value),
        "points": round(float(scores.contributions[row, place]), 1),
    }
