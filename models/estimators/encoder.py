"""Features as numbers, as scikit-learn's transformer: the first step of a pipeline."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from features.feature import Dimension, Feature, FeatureKind
from models.encoding import Encoding, Matrix


class LeadEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A frame of features as a matrix (n × f): categories as codes, NaN where nothing is known.

    ``features`` are those it looks at; by default every column, words as categories. What does not
    vary is left out. ``encoding_`` says which columns there are, and which hold codes.
    """

    def __init__(self, features: Sequence[Feature] | None = None) -> None:
        self.features = features

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: N803
        """Learn which categories there are."""
        known = _of_columns(X) if self.features is None else self.features
        self.encoding_ = Encoding.learn(X, known)
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:  # noqa: N803
        """The frame as numbers."""
        check_is_fitted(self)
        return self.encoding_.filled(self.encoding_.matrix(X))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The features by name."""
        check_is_fitted(self)
        return np.array([feature.name for feature in self.encoding_.features], dtype=object)


def _of_columns(frame: pd.DataFrame) -> list[Feature]:
    return [
        Feature(
            str(name),
            str(name),
            Dimension.FIT,
            FeatureKind.NUMERIC
            if pd.api.types.is_numeric_dtype(frame[name])
            else FeatureKind.CATEGORICAL,
        )
        for name in frame.columns
    ]
