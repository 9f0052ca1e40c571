"""Features as numbers, as scikit-learn's transformer: the first step of a pipeline."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from features.feature import Dimension, Feature, FeatureKind
from models.encoding import Encoding, Matrix


class LeadEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A frame of features as a matrix (n × f): categories as codes, NaN where nothing is known.

    ``features`` are those it looks at; by default every column, words as categories. What does not
    vary is left out. ``encoding_`` says which columns there are, and which hold codes. The columns
    of a frame are read by their names, those of an array are ``x0``, ``x1`` and so on.
    """

    def __init__(self, features: Sequence[Feature] | None = None) -> None:
        self.features = features

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Learn which categories there are."""
        frame = self._frame(X, first=True)
        known = _of_columns(frame) if self.features is None else self.features
        self.encoding_ = Encoding.learn(frame, known)
        return self

    def transform(self, X: Any) -> Matrix:  # noqa: N803
        """The frame as numbers."""
        check_is_fitted(self)
        return self.encoding_.filled(self.encoding_.matrix(self._frame(X, first=False)))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The features by name."""
        check_is_fitted(self)
        return np.array([feature.name for feature in self.encoding_.features], dtype=object)

    def _frame(self, given: Any, *, first: bool) -> pd.DataFrame:
        if isinstance(given, pd.DataFrame):
            if first:
                validate_data(self, given, skip_check_array=True)
            return given
        rows = validate_data(self, given, reset=first, dtype=None, ensure_all_finite="allow-nan")
        return pd.DataFrame(rows, columns=[f"x{place}" for place in range(rows.shape[1])])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


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
