"""MLflow's way to open a scorecard: plain files, read by the code that lies beside them.

A registered model carries a copy of this module and of those it imports (``shipped_code``), so
nothing here may need a store, Prefect or the rest of Leadflow.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Dimension, FeatureKind
from models.explanation import all_reasons
from models.scorecard import Scorecard
from models.scorecard_files import read_scorecard

NUMBERS = ("score", "probability", "low", "high", *(str(one) for one in Dimension))


class NoNumber(ValueError):
    """A feature that is a number was given as something else."""


class ScorecardFunction:
    """``predict`` scores a frame of features and says why."""

    def __init__(self, scorecard: Scorecard) -> None:
        self._scorecard = scorecard

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row a lead: ``score`` (0–100), ``probability`` with the ends of its interval
        (``low``, ``high``), a column for each dimension, ``confidence``, and ``reasons``: up to
        five of ``{"feature", "text", "points"}``. A feature that is absent is not known.

        Raises:
            NoNumber: a feature that is a number holds something that is none.
        """
        known = self._known(frame)
        scores = self._scorecard.score(known)
        columns = np.column_stack(
            [scores.total, scores.probability, scores.low, scores.high, scores.dimension_points()]
        )
        answer = pd.DataFrame(columns, index=frame.index, columns=list(NUMBERS))
        answer["confidence"] = scores.confidence
        answer["reasons"] = pd.Series(all_reasons(scores, known), index=frame.index, dtype=object)
        return answer

    def _known(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The features in their order; what is absent is missing."""
        features = self._scorecard.features
        known = frame.reindex(columns=[feature.name for feature in features])
        for feature in features:
            if feature.kind is not FeatureKind.CATEGORICAL:
                known[feature.name] = _as_numbers(known[feature.name])
        return known


def _as_numbers(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column as numbers, NaN where a value is missing."""
    try:
        return pd.to_numeric(column).astype("float64")
    except (TypeError, ValueError):
        # The value itself may be somebody's.
        raise NoNumber(
            f"{column.name} is a number (for yes and no: 1 and 0); leave it out where it is not "
            "known."
        ) from None


def _load_pyfunc(path: str) -> ScorecardFunction:
    return ScorecardFunction(read_scorecard(Path(path)))
