"""Kinds of model of your own: any classifier competes, and one that can be explained exactly may
serve.

What learned is looked at, not believed: a classifier whose log-odds are straight lines in its
columns becomes curves, LightGBM's trees have exact Shapley values, and of everything else only the
predictions are used, to hold the others against.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

import numpy as np

from models.calibration import Vector, logit, sigmoid
from models.design import Design
from models.encoding import Encoding, Matrix
from models.scorecard import Model
from models.trees import TreeModel

# So far the chances of a lead may differ from what explains them, as sums are rounded.
EXACT = 1e-9
NO_SUM = "its log-odds are no sum over features, and its trees, if any, are not LightGBM's"


class CannotExplain(TypeError):
    """A model that gives no exact reasons was asked for them."""


class OwnCandidate(ABC):
    """A kind of model with a name. It is made anew for each part of the data it learns from."""

    name: ClassVar[str]

    @abstractmethod
    def classifier(self, seed: int) -> Any:
        """A scikit-learn classifier with ``predict_proba`` that has not learned yet. One that takes
        missing values learns from the features as numbers, categories as codes; another one from
        columns without gaps (``models.design``). All that it draws goes by ``seed``."""

    def learn(self, matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> Model:
        """Learn from n leads (n × f) and whether each converted (n): curves, trees, or
        ``Unexplained``."""
        # Whoever learns has scikit-learn loaded; whoever scores is spared it.
        from models.estimators.classifiers import LeadClassifier

        classifier = self.classifier(seed)
        if isinstance(classifier, LeadClassifier):
            classifier.set_params(categorical=encoding.categorical, directions=encoding.signs)
            model: Model = classifier.fit(matrix, labels).model_
            return model
        if not _takes_missing(classifier):
            return self._of_columns(matrix, labels, Design.of(matrix, encoding), seed)
        if any(encoding.signs) and hasattr(type(classifier), "booster_"):
            classifier.set_params(monotone_constraints=encoding.signs)
        return _as_trees(classifier.fit(matrix, labels), matrix)

    def _of_columns(self, matrix: Matrix, labels: np.ndarray, design: Design, seed: int) -> Model:
        """What was learned from columns without gaps. A line against the direction of its feature
        is left out, the worst first, and the rest learned anew, until there is none."""
        while True:
            columns = design.columns(matrix)
            classifier = self.classifier(seed).fit(columns, labels)
            found = _lines(classifier, columns)
            if found is None:
                return Unexplained(classifier, design, NO_SUM)
            intercept, weights = found
            against = weights * design.signs
            if against.min() >= 0:
                return design.model(weights.tolist(), intercept, matrix)
            if len(design.specs) == 1:
                return Unexplained(classifier, design, "every line is against its direction")
            design = design.without(int(against.argmin()))


@dataclass(frozen=True)
class Unexplained:
    """A model of which only predictions are known: a yardstick. ``why`` says what it lacks."""

    classifier: Any
    design: Design | None
    why: str
    base: float = 0.0

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds (n) before calibration."""
        columns = matrix if self.design is None else self.design.columns(matrix)
        return _log_odds(self.classifier, columns)

    def contributions(self, matrix: Matrix) -> NoReturn:
        """There are none.

        Raises:
            CannotExplain: always.
        """
        raise CannotExplain(f"It cannot say why: {self.why}.")


def _takes_missing(classifier: Any) -> bool:
    from sklearn.utils import get_tags

    return bool(get_tags(classifier).input_tags.allow_nan)


def _lines(classifier: Any, columns: Matrix) -> tuple[float, Vector] | None:
    """The intercept and the weight of each column, where these give all the chances; else None."""
    asked = np.vstack([np.zeros(columns.shape[1]), np.eye(columns.shape[1])])
    odds = _log_odds(classifier, asked)
    weights = odds[1:] - odds[0]
    ours = sigmoid(odds[0] + columns @ weights)
    exact = np.abs(ours - classifier.predict_proba(columns)[:, 1]).max() <= EXACT
    return (float(odds[0]), weights) if exact else None


def _as_trees(classifier: Any, matrix: Matrix) -> TreeModel | Unexplained:
    """The classifier as trees with Shapley values, where they are LightGBM's and give all its
    chances."""
    booster = getattr(classifier, "booster_", None)
    if booster is None:
        return Unexplained(classifier, None, NO_SUM)
    trees = TreeModel.of(booster, matrix)
    ours = sigmoid(trees.raw(matrix))
    if np.abs(ours - classifier.predict_proba(matrix)[:, 1]).max() > EXACT:
        return Unexplained(classifier, None, NO_SUM)
    return trees


def _log_odds(classifier: Any, columns: Matrix) -> Vector:
    """By the classifier's own decision function where its chances are made of that, for a chance
    near 0 or 1 has lost most of its digits."""
    chances = classifier.predict_proba(columns)[:, 1]
    if hasattr(classifier, "decision_function"):
        decided = np.asarray(classifier.decision_function(columns), dtype=np.float64)
        if decided.shape == chances.shape and np.abs(sigmoid(decided) - chances).max() <= EXACT:
            return decided
    return logit(np.asarray(chances, dtype=np.float64))
