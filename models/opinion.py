"""An AI opinion as points: bounded while its worth is unproven, learned once outcomes prove it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from features.opinion import AI_SCORE
from models.calibration import Vector
from models.scores import AVERAGE, Scores


def opinion_points(ai_score: Vector, cap: float) -> Vector:
    """Points (n) of AI scores (n, 0 to 100, NaN where AI has not answered), within ±``cap``.

    50 is no opinion, 0 and 100 are the cap; the line between is straight, and NaN is 0 points.
    """
    share = np.clip((np.asarray(ai_score, dtype=np.float64) - AVERAGE) / AVERAGE, -1.0, 1.0)
    return np.where(np.isnan(share), 0.0, share * cap)


def with_opinion(scores: Scores, ai_score: Vector, cap: float) -> Scores:
    """The scores with AI's points as one more contribution, so that they stay exact sums.

    A scorer that has learned the feature weighs it itself and is left as it is. The probability is
    left as calibrated: what an opinion says of it is unproven until it is learned.
    """
    if any(feature.name == AI_SCORE.name for feature in scores.features):
        return scores
    points = opinion_points(ai_score, cap)
    return replace(
        scores,
        features=(*scores.features, AI_SCORE),
        contributions=np.column_stack([scores.contributions, points]),
    )


def learnable(frame: pd.DataFrame, labels: np.ndarray, minimum: int = 40) -> bool:
    """Whether at least ``minimum`` converted and as many other leads of ``frame`` have an AI score;
    before that the feature takes no part in learning. ``labels`` (n) are 0 or 1."""
    if AI_SCORE.name not in frame:
        return False
    answered = pd.to_numeric(frame[AI_SCORE.name], errors="coerce").notna().to_numpy()
    converted = int((answered & (labels == 1)).sum())
    return min(converted, int(answered.sum()) - converted) >= minimum
