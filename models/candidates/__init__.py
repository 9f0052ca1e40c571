"""The kinds of model that a training compares."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from models import additive_boosting, linear, naive_bayes
from models.encoding import Encoding, Matrix
from models.scorecard import Model
from models.trees import BOOSTED, FOREST, HISTOGRAM, TreeModel

Learner = Callable[[Matrix, np.ndarray, Encoding, int], Model]

LOGISTIC, ADDITIVE = "logistic regression", "additive boosting"
# Half straight lines, which carry on where nothing was seen, half curves, which do not: averages
# of unlike models hold up best where the market changes (Bates, Granger, 1969; Clemen, 1989).
COMBINATION = "additive combination"
YARDSTICK = "naive Bayes"
LEARNERS: dict[str, Learner] = {
    LOGISTIC: linear.learn,
    ADDITIVE: additive_boosting.learn,
    "gradient boosting": TreeModel.boosted,
    "histogram gradient boosting": TreeModel.histogram,
    "random forest": TreeModel.forest,
    YARDSTICK: naive_bayes.learn,
}
CANDIDATES = (COMBINATION, *(name for name in LEARNERS if name != YARDSTICK))
# What each is set to; how many trees are grown goes by how many leads there are.
SETTINGS: dict[str, Mapping[str, Any]] = {
    COMBINATION: {"halves": f"{LOGISTIC}, {ADDITIVE}"},
    LOGISTIC: {"penalty": "l2", "strengths": linear.STRENGTHS},
    ADDITIVE: additive_boosting.SETTINGS,
    "gradient boosting": BOOSTED,
    "histogram gradient boosting": HISTOGRAM,
    "random forest": FOREST,
    YARDSTICK: {"bins": naive_bayes.BINS},
}
