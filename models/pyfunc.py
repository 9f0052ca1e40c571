"""MLflow's way to open a scorecard: the plain files, read by our own code."""

from pathlib import Path
from typing import Any

import pandas as pd

from models.explanation import all_reasons
from models.scorecard import Scorecard
from models.scorecard_files import read_scorecard


class ScorecardFunction:
    """``predict`` gives the score, the probability and the reasons of a frame of features."""

    def __init__(self, scorecard: Scorecard) -> None:
        self._scorecard = scorecard

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row a lead: ``score`` (0–100), ``probability`` and ``reasons`` in words."""
        scores = self._scorecard.score(frame)
        words = ["; ".join(r["text"] for r in reasons) for reasons in all_reasons(scores, frame)]
        return pd.DataFrame(
            {"score": scores.total, "probability": scores.probability, "reasons": words},
            index=frame.index,
        )


def _load_pyfunc(path: str) -> ScorecardFunction:
    return ScorecardFunction(read_scorecard(Path(path)))
