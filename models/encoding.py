"""Features as numbers: values, category codes, and NaN where nothing is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature, Kind

MOST_CATEGORIES = 40
Matrix = np.ndarray[Any, np.dtype[np.float64]]


class FeaturesMissing(ValueError):
    """The frame lacks columns the model needs."""


@dataclass(frozen=True)
class Encoding:
    """How a frame becomes a matrix (n leads × f features), and which features those are.

    ``categories`` holds the kept categories of each categorical feature, most frequent first. A
    rare or unseen one is coded as their number ("another"), a missing one is NaN.
    """

    features: tuple[Feature, ...]
    categories: Mapping[str, tuple[str, ...]]

    @staticmethod
    def learn(frame: pd.DataFrame, features: Sequence[Feature]) -> "Encoding":
        """An encoding for the features that vary in this frame; the others say nothing."""
        fewest = max(5, len(frame) // 500)
        categories: dict[str, tuple[str, ...]] = {}
        kept: list[Feature] = []
        for feature in features:
            column = _column(frame, feature)
            if column.nunique(dropna=False) < 2:
                continue
            kept.append(feature)
            if feature.kind is Kind.CATEGORICAL:
                counts = column.value_counts()
                common = counts[counts >= fewest].index[:MOST_CATEGORIES]
                categories[feature.name] = tuple(str(name) for name in common)
        if not kept:
            # Nothing varies in this part of the data; it may in the rest.
            return Encoding(tuple(f for f in features if f.kind is not Kind.CATEGORICAL), {})
        return Encoding(tuple(kept), categories)

    def matrix(self, frame: pd.DataFrame) -> Matrix:
        """The frame as numbers, one column a feature in the order of ``features``.

        Raises:
            FeaturesMissing: the frame lacks a feature's column.
        """
        absent = [feature.name for feature in self.features if feature.name not in frame]
        if absent:
            raise FeaturesMissing(f"The frame lacks {', '.join(absent)}.")
        result = np.empty((len(frame), len(self.features)))
        for place, feature in enumerate(self.features):
            result[:, place] = self._codes(_column(frame, feature), feature)
        return result

    def row(self, values: Mapping[str, object]) -> Matrix:
        """One lead's values by name as a matrix of one row; as ``matrix`` gives, only quicker.

        Raises:
            FeaturesMissing: a feature's value is absent (None is a value: not known).
        """
        absent = [feature.name for feature in self.features if feature.name not in values]
        if absent:
            raise FeaturesMissing(f"The lead lacks {', '.join(absent)}.")
        return np.array([[self._code(values[f.name], f) for f in self.features]])

    def _code(self, value: Any, feature: Feature) -> float:
        if value is None or value != value:
            return float("nan")
        if feature.kind is Kind.CATEGORICAL:
            kept = self._kept[feature.name]
            return kept.get(str(value), float(len(kept))) if str(value) else float("nan")
        try:
            return float(value)
        except (TypeError, ValueError):
            return float("nan")

    @cached_property
    def _kept(self) -> dict[str, dict[str, float]]:
        """The code of each kept category, by feature."""
        return {
            name: {value: float(code) for code, value in enumerate(kept)}
            for name, kept in self.categories.items()
        }

    @property
    def categorical(self) -> list[int]:
        """The places of categorical features in the matrix."""
        return [
            place for place, feature in enumerate(self.features) if feature.kind is Kind.CATEGORICAL
        ]

    def codes(self, place: int) -> int:
        """How many kept categories the feature at this place has; their number is the code of
        any other."""
        return len(self.categories[self.features[place].name])

    def _codes(self, column: pd.Series, feature: Feature) -> Matrix:
        if feature.kind is not Kind.CATEGORICAL:
            return column.to_numpy(dtype=np.float64)
        kept = {name: float(code) for code, name in enumerate(self.categories[feature.name])}
        values, inverse = np.unique(column.fillna("").to_numpy(dtype=str), return_inverse=True)
        codes = [np.nan if value == "" else kept.get(value, float(len(kept))) for value in values]
        return np.array(codes, dtype=np.float64)[inverse]


def _column(frame: pd.DataFrame, feature: Feature) -> pd.Series:
    """The feature's column: floats, or text where it is categorical; missing is NaN."""
    column = frame[feature.name]
    if feature.kind is Kind.CATEGORICAL:
        return column.astype(object).where(column.notna(), None).map(_text)
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


def _text(value: object) -> str | None:
    return None if value is None or value != value else str(value)
