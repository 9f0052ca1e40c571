"""Blocks of later leads as scikit-learn's splitter, and honest chances learned from them."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from models.blocks import rolling_origin
from models.calibration import Calibration, Vector, sigmoid
from models.encoding import Matrix
from models.estimators.classifiers import LinesClassifier


class RollingOrigin(BaseEstimator):  # type: ignore[misc]
    """Learn on the past, judge on the next block: ``cv`` of ``cross_validate`` and searches.

    ``groups`` are the moments of the leads; without them the rows are in order of time. Where a
    block would hold too few of either outcome, stratified folds take their place.
    """

    def __init__(self, blocks: int = 3, random_state: int = 0) -> None:
        self.blocks = blocks
        self.random_state = random_state

    def split(
        self,
        X: Any,  # noqa: N803
        y: Any,
        groups: Any = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Places of what is learned from and of what is judged on, block by block."""
        labels = np.unique(np.asarray(y), return_inverse=True)[1]
        moments = np.arange(len(labels)) if groups is None else np.asarray(groups)
        order = np.argsort(moments, kind="stable")
        found = rolling_origin(moments[order], labels[order], self.blocks, self.random_state)
        for past, block in found:
            yield order[past], order[block]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: N803
        """How many blocks there are."""
        return self.blocks


class CalibratedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose log-odds go through a straight line that was learned on later blocks, so
    that sums stay sums. ``calibration_`` is that line, with its doubt."""

    def __init__(self, estimator: Any = None, cv: RollingOrigin | None = None) -> None:
        self.estimator = estimator
        self.cv = cv

    def fit(self, X: Any, y: Any, moments: Any = None) -> Self:  # noqa: N803
        """Learn from n leads in order of time, or looked at in these ``moments`` (n)."""
        matrix, labels = validate_data(
            self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2
        )
        check_classification_targets(labels)
        chosen = LinesClassifier() if self.estimator is None else self.estimator
        self.estimator_ = clone(chosen).fit(matrix, labels)
        self.classes_ = self.estimator_.classes_
        truth = (labels == self.classes_[1]).astype(np.int64)
        blocks = []
        for past, block in (self.cv or RollingOrigin()).split(matrix, truth, moments):
            if len(np.unique(truth[past])) == 2 and len(block):
                learned = clone(chosen).fit(matrix[past], labels[past])
                blocks.append((learned.decision_function(matrix[block]), truth[block]))
        if not blocks:
            raise ValueError("There are too few leads of either class to calibrate on.")
        self.calibration_ = Calibration.learn(blocks)
        return self

    def decision_function(self, X: Any) -> Vector:  # noqa: N803
        """Calibrated log-odds (n) of the second class."""
        check_is_fitted(self)
        matrix = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        return self.calibration_.log_odds(self.estimator_.decision_function(matrix))

    def predict_proba(self, X: Any) -> Matrix:  # noqa: N803
        """The calibrated chance of each class (n × 2)."""
        chance = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - chance, chance])

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The likelier class (n)."""
        likelier = (self.decision_function(X) > 0).astype(np.int64)
        found: np.ndarray = self.classes_[likelier]
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags
