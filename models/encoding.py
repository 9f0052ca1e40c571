"""Features as numbers: values, category codes, and NaN where nothing is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isinf
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from features.not_recorded import NOT_RECORDED
from models.categories import LearnedCodes, Texts, folded, learn_codes
from models.rare_categories import FOLDS
from models.row_order import mixed

LARGEST = 1e100  # beyond it the squares that models work with leave the range of a double
MANY = 32  # leads from which on whole columns of them are quicker
PLAIN = {int, float, bool, type(None)}
Matrix = np.ndarray[Any, np.dtype[np.float64]]


class FeaturesMissing(ValueError):
    """The frame lacks columns the model needs."""


@dataclass(frozen=True)
class Encoding:
    """How a frame becomes a matrix (n leads × f features), and which features those are.

    ``categories`` holds the kept categories of each categorical feature, most frequent first: their
    codes are 0, 1, … A rare one is coded as their number ("another"), or as ``groups`` says where
    rare ones differ; one never seen as ``unseen`` says, else as "another". ``typical`` is the
    usual value of a feature of which none was missing when it was learned; see ``filled``.
    """

    features: tuple[Feature, ...]
    categories: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unseen: Mapping[str, int] = field(default_factory=dict)
    typical: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def learn(
        frame: pd.DataFrame, features: Sequence[Feature], labels: np.ndarray | None = None
    ) -> "Encoding":
        """An encoding for the features that vary in this frame; the others say nothing."""
        return Encoding.fit(frame, features, labels)[0]

    @staticmethod
    def fit(
        frame: pd.DataFrame,
        features: Sequence[Feature],
        labels: np.ndarray | None = None,
        units: np.ndarray | None = None,
    ) -> tuple["Encoding", Matrix]:
        """An encoding, and the matrix of the leads it was learned from.

        The matrix is the one to learn from where ``labels`` are given: in it no lead's own label
        (n, 0 or 1) has had a part in the group its rare category belongs to, nor that of a copy of
        it (the same number in ``units``; by default no lead has one).
        """
        units = np.arange(len(frame)) if units is None else units
        folds = (mixed(units.astype(np.uint64)) % np.uint64(FOLDS)).astype(np.int64)
        fitted = [_fitted(frame, feature, labels, folds) for feature in features]
        known = [one for one in fitted if one is not None]
        if not known:
            # Nothing varies in this part of the data; it may in the rest.
            plain = Encoding(
                tuple(f for f in features if f.kind is not FeatureKind.CATEGORICAL), {}
            )
            return plain, plain.matrix(frame)
        codes = {one.feature.name: one.codes for one in known if one.codes is not None}
        encoding = Encoding(
            features=tuple(one.feature for one in known),
            categories={name: of.kept for name, of in codes.items()},
            groups={name: of.groups for name, of in codes.items() if of.groups},
            unseen={name: of.unseen for name, of in codes.items() if of.unseen != len(of.kept)},
            typical={one.feature.name: one.typical for one in known if one.typical is not None},
        )
        return encoding, np.column_stack([one.values for one in known])

    def matrix(self, frame: pd.DataFrame) -> Matrix:
        """The frame as numbers, one column a feature in the order of ``features``.

        Raises:
            FeaturesMissing: the frame lacks a feature's column.
        """
        absent = [name for name in self._needed if name not in frame]
        if absent:
            raise FeaturesMissing(f"The frame lacks {', '.join(absent)}.")
        result = np.empty((len(frame), len(self.features)))
        for place, feature in enumerate(self.features):
            if feature.kind is FeatureKind.CATEGORICAL:
                name = feature.name
                texts = Texts.of(frame[name])
                result[:, place] = texts.coded(self._known[name], self._unseen(name), np.nan)
            elif feature.name in frame:
                result[:, place] = numbers(frame[feature.name])
            else:
                result[:, place] = np.nan
        return result

    def filled(self, matrix: Matrix) -> Matrix:
        """The matrix with what is typical where a value is missing that never was when it was
        learned: trees would take a missing number for nil there."""
        return np.where(np.isnan(matrix), self._typical, matrix)

    def rows(self, leads: Sequence[Mapping[str, object]]) -> Matrix:
        """The values of n leads by name as a matrix (n × features): what ``matrix`` gives, quicker
        where there are few leads.

        Raises:
            FeaturesMissing: a feature's value is absent (None is a value: not known).
        """
        for values in leads:
            absent = [name for name in self._needed if name not in values]
            if absent:
                raise FeaturesMissing(f"The lead lacks {', '.join(absent)}.")
        if len(leads) < MANY:
            codes = [[self._code(values.get(f.name), f) for f in self.features] for values in leads]
            return np.array(codes).reshape(len(leads), len(self.features))
        result = np.empty((len(leads), len(self.features)))
        for place, feature in enumerate(self.features):
            result[:, place] = self._column([values.get(feature.name) for values in leads], feature)
        return result

    def _column(self, values: list[Any], feature: Feature) -> Sequence[float] | Matrix:
        """The code of each value of a feature, without looking at each where they are plain."""
        kinds = set(map(type, values))
        if feature.kind is FeatureKind.CATEGORICAL and kinds <= {str, type(None)}:
            codes = {value: self._code(value, feature) for value in set(values)}
            return [codes[value] for value in values]
        if feature.kind is not FeatureKind.CATEGORICAL and kinds <= PLAIN:
            found = np.array(values, dtype=np.float64)
            found[np.isinf(found)] = np.nan
            return np.clip(found, -LARGEST, LARGEST)
        return [self._code(value, feature) for value in values]

    def _code(self, value: Any, feature: Feature) -> float:
        if value is None or value != value:
            return float("nan")
        if feature.kind is FeatureKind.CATEGORICAL:
            text, name = folded(value), feature.name
            return self._known[name].get(text, self._unseen(name)) if text else float("nan")
        try:
            number = float(value)
        except (TypeError, ValueError):
            return float("nan")
        return float("nan") if isinf(number) else min(max(number, -LARGEST), LARGEST)

    @cached_property
    def _needed(self) -> list[str]:
        """What a lead without it cannot be scored by; what its source records may be unknown."""
        return [one.name for one in self.features if one.name != NOT_RECORDED.name]

    @cached_property
    def _known(self) -> dict[str, dict[str, float]]:
        """The code of each category that has one, by feature."""
        return {
            name: {folded(category): float(code) for code, category in reversed([*enumerate(kept)])}
            | {category: float(code) for category, code in self.groups.get(name, {}).items()}
            for name, kept in self.categories.items()
        }

    def _unseen(self, name: str) -> float:
        return float(self.unseen.get(name, len(self.categories[name])))

    @cached_property
    def _typical(self) -> Matrix:
        return np.array([self.typical.get(feature.name, np.nan) for feature in self.features])

    @property
    def categorical(self) -> list[int]:
        """The places of categorical features in the matrix."""
        return [
            place
            for place, feature in enumerate(self.features)
            if feature.kind is FeatureKind.CATEGORICAL
        ]

    @cached_property
    def signs(self) -> list[int]:
        """For each feature 1 where a larger value may only raise the score, -1 where it may only
        lower it, 0 where either may be."""
        signs = {"up": 1, "down": -1, "free": 0}
        return [
            0 if feature.kind is FeatureKind.CATEGORICAL else signs[feature.direction]
            for feature in self.features
        ]

    def codes(self, place: int) -> int:
        """The highest code of the categorical feature at this place; the lowest is 0."""
        name = self.features[place].name
        return max([len(self.categories[name]), *self.groups.get(name, {}).values()])

    def to_dict(self) -> dict[str, Any]:
        """The encoding as plain data."""
        return {
            "features": [feature.to_dict() for feature in self.features],
            "categories": dict(self.categories),
            "groups": {name: dict(codes) for name, codes in self.groups.items()},
            "unseen": dict(self.unseen),
            "typical": dict(self.typical),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Encoding":
        """The encoding that ``to_dict`` wrote."""
        return Encoding(
            tuple(Feature.from_dict(item) for item in data["features"]),
            {name: tuple(values) for name, values in data["categories"].items()},
            data.get("groups", {}),
            data.get("unseen", {}),
            data.get("typical", {}),
        )


@dataclass(frozen=True)
class _Fitted:
    feature: Feature
    values: Matrix
    typical: float | None
    codes: LearnedCodes | None = None


def _fitted(
    frame: pd.DataFrame, feature: Feature, labels: np.ndarray | None, folds: np.ndarray
) -> _Fitted | None:
    """One feature learned, or None where it does not vary."""
    if feature.kind is FeatureKind.CATEGORICAL:
        texts = Texts.of(frame[feature.name])
        missing = bool((texts.of_row < 0).any())
        if len(texts.different) + missing < 2:
            return None
        codes = learn_codes(texts, labels, folds)
        return _Fitted(feature, codes.of_row, None if missing else float(codes.unseen), codes)
    values = numbers(frame[feature.name])
    known = values[~np.isnan(values)]
    missing = len(known) < len(values)
    if not len(known) or (not missing and bool((known == known[0]).all())):
        return None
    return _Fitted(feature, values, None if missing else float(np.median(known)))


def numbers(column: pd.Series) -> Matrix:
    """Numbers of a size that can be worked with; NaN where there is none, or no end to it."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    finite = np.where(np.isinf(values), np.nan, values)
    return np.asarray(np.clip(finite, -LARGEST, LARGEST))
