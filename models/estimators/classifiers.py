"""The kinds of model as scikit-learn's classifiers: for searches, pipelines and cross-validation.

They are the very functions that a training learns by. They take a matrix (n × f) of numbers:
categories as codes from 0, NaN where a value is not known.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from features.feature import Dimension, Direction, Feature, FeatureKind
from models import additive_boosting, linear, naive_bayes
from models.additive import AdditiveModel, weighted_sum
from models.calibration import Vector, sigmoid
from models.encoding import Encoding, Matrix
from models.scorecard import Model
from models.trees import TreeModel

DIRECTIONS: dict[int, Direction] = {1: "up", -1: "down", 0: "free"}


class LeadClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of two classes whose log-odds are exact sums over features.

    ``categorical`` are the places of columns that hold codes, ``directions`` (f) says for each
    column whether a larger value may only raise the odds (1), only lower them (-1), or either (0).
    What is learned is ``model_``: its ``contributions`` say how much each column adds.
    """

    categorical: Sequence[int]
    directions: Sequence[int] | None
    model_: Model
    classes_: np.ndarray

    @abstractmethod
    def _learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding) -> Model:
        """What n leads (n × f) and their labels (n, 0 or 1) teach."""

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Learn from n leads (n × f) and the class of each (n)."""
        matrix, labels = validate_data(
            self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2
        )
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) != 2:
            said = "class" if len(self.classes_) == 1 else "classes"
            raise ValueError(
                "Only binary classification is supported. "
                f"The labels hold {len(self.classes_)} {said}."
            )
        self.model_ = self._learn(matrix, codes, self._encoding(matrix))
        return self

    def decision_function(self, X: Any) -> Vector:  # noqa: N803
        """The log-odds (n) of the second class."""
        matrix = self._checked(X)
        return self.model_.raw(matrix)

    def predict_proba(self, X: Any) -> Matrix:  # noqa: N803
        """The chance of each class (n × 2)."""
        chance = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - chance, chance])

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The likelier class (n)."""
        likelier = (self.decision_function(X) > 0).astype(np.int64)
        found: np.ndarray = self.classes_[likelier]
        return found

    def contributions(self, X: Any) -> Matrix:  # noqa: N803
        """What each column adds to the log-odds (n × f)."""
        matrix = self._checked(X)
        return self.model_.contributions(matrix)

    def _checked(self, given: Any) -> Matrix:
        check_is_fitted(self)
        matrix: Matrix = validate_data(
            self, given, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
        )
        return matrix

    def _encoding(self, matrix: Matrix) -> Encoding:
        """The columns as features without a name."""
        free = [0] * matrix.shape[1]
        directions = free if self.directions is None else self.directions
        features, categories = [], {}
        for place in range(matrix.shape[1]):
            name, kind = f"x{place}", FeatureKind.NUMERIC
            if place in self.categorical:
                kind, known = FeatureKind.CATEGORICAL, matrix[:, place]
                highest = int(np.nanmax(known)) if not np.isnan(known).all() else 0
                # One code more is kept for values never met.
                categories[name] = tuple(str(code) for code in range(highest))
            direction = DIRECTIONS[int(directions[place])]
            features.append(Feature(name, name, Dimension.FIT, kind, direction=direction))
        return Encoding(tuple(features), categories)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


class LinesClassifier(LeadClassifier):
    """Regularised logistic regression; of ``strengths`` (inverse penalties) the best one."""

    def __init__(
        self,
        strengths: Sequence[float] = linear.STRENGTHS,
        categorical: Sequence[int] = (),
        directions: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.strengths = strengths
        self.categorical = categorical
        self.directions = directions
        self.random_state = random_state

    def _learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding) -> Model:
        return linear.learn(matrix, labels, encoding, self.random_state, self.strengths)


class CurvesClassifier(LeadClassifier):
    """Additive boosting: a curve of its own for each feature."""

    def __init__(
        self,
        learning_rate: float = additive_boosting.SETTINGS["learning_rate"],
        num_leaves: int = additive_boosting.SETTINGS["num_leaves"],
        lambda_l2: float = additive_boosting.SETTINGS["lambda_l2"],
        rounds: int | None = None,
        categorical: Sequence[int] = (),
        directions: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.lambda_l2 = lambda_l2
        self.rounds = rounds
        self.categorical = categorical
        self.directions = directions
        self.random_state = random_state

    def _learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding) -> Model:
        settings = {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "lambda_l2": self.lambda_l2,
        }
        return additive_boosting.learn(
            matrix, labels, encoding, self.random_state, settings, self.rounds
        )


class CombinationClassifier(LeadClassifier):
    """Half straight lines, half curves: what stands unless another is clearly better."""

    def __init__(
        self,
        strengths: Sequence[float] = linear.STRENGTHS,
        rounds: int | None = None,
        categorical: Sequence[int] = (),
        directions: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.strengths = strengths
        self.rounds = rounds
        self.categorical = categorical
        self.directions = directions
        self.random_state = random_state

    def _learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding) -> AdditiveModel:
        seed = self.random_state
        lines = linear.learn(matrix, labels, encoding, seed, self.strengths)
        curves = additive_boosting.learn(matrix, labels, encoding, seed, rounds=self.rounds)
        return weighted_sum([(0.5, lines), (0.5, curves)])


class TreesClassifier(LeadClassifier):
    """LightGBM's trees with exact Shapley values; ``settings`` are LightGBM's own parameters, by
    default those of the candidate "gradient boosting"."""

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        rounds: int = 150,
        categorical: Sequence[int] = (),
        directions: Sequence[int] | None = None,
        random_state: int = 0,
    ) -> None:
        self.settings = settings
        self.rounds = rounds
        self.categorical = categorical
        self.directions = directions
        self.random_state = random_state

    def _learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding) -> Model:
        return TreeModel.grown(
            matrix, labels, encoding, self.random_state, self.settings, self.rounds
        )


class NaiveBayesClassifier(LeadClassifier):
    """The yardstick: each feature's own rates, in ``bins`` of equal size."""

    def __init__(
        self,
        bins: int = naive_bayes.BINS,
        categorical: Sequence[int] = (),
        directions: Sequence[int] | None = None,
    ) -> None:
        self.bins = bins
        self.categorical = categorical
        self.directions = directions

    def _learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding) -> Model:
        return naive_bayes.learn(matrix, labels, encoding, 0, self.bins)
