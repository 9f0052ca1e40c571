"""Whether a model keeps the directions that its features state."""

import numpy as np
import pandas as pd

from features.feature import FeatureKind
from models.scorecard import Part

STEPS = 9
ROUNDING = 1e-9


def against_direction(part: Part, frame: pd.DataFrame) -> list[str]:
    """The features that a larger value of moves some lead's log-odds against their direction.

    Each is set to values from the lowest to the highest of the frame and beyond, all else of each
    lead as it is.
    """
    found = []
    for feature in part.encoding.features:
        if feature.direction == "free" or feature.kind is FeatureKind.CATEGORICAL:
            continue
        known = pd.to_numeric(frame[feature.name], errors="coerce").dropna()
        if known.empty:
            continue
        low, high = float(known.min()), float(known.max())
        values = [*np.quantile(known, np.linspace(0, 1, STEPS)), high + (high - low) / 2]
        said = [part.raw(frame.assign(**{feature.name: value})) for value in values]
        steps = np.diff(said, axis=0) * (1 if feature.direction == "up" else -1)
        if steps.min() < -ROUNDING:
            found.append(feature.name)
    return found
