"""Reference distribution of a training: bins of each feature, and how many leads are in each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from features.not_recorded import NOT_RECORDED

MOST_BINS = 10
MOST_CATEGORIES = 40
RARE_SHARE, FEWEST = 0.01, 5
OTHER, MISSING = "another", "missing"


@dataclass(frozen=True)
class FeatureReference:
    """One feature's bins, and how many leads were in each.

    Numbers: bins between ``edges`` (each closed above), made of quantiles. Words: ``categories``,
    and one bin for every rarer or unseen one. The last bin is for leads without a value.
    """

    name: str
    label: str
    edges: tuple[float, ...] | None
    categories: tuple[str, ...]
    counts: tuple[int, ...]

    @staticmethod
    def of(column: "pd.Series[Any]", feature: Feature) -> "FeatureReference":
        """The bins that this column of n leads gives rise to, with their counts."""
        if feature.kind is FeatureKind.CATEGORICAL:
            empty = FeatureReference(feature.name, feature.label, None, _common(column), ())
        else:
            empty = FeatureReference(feature.name, feature.label, _edges(column), (), ())
        counts = tuple(int(count) for count in empty.count(column))
        return FeatureReference(feature.name, feature.label, empty.edges, empty.categories, counts)

    @property
    def leads(self) -> int:
        """How many leads the counts are of."""
        return sum(self.counts)

    @property
    def names(self) -> tuple[str, ...]:
        """The bins in words, in the order of ``counts``."""
        if self.edges is None:
            return (*self.categories, OTHER, MISSING)
        if not self.edges:
            return ("any value", MISSING)
        between = zip(self.edges[:-1], self.edges[1:], strict=True)
        middle = [f"over {low:,.4g} up to {high:,.4g}" for low, high in between]
        first, last = f"up to {self.edges[0]:,.4g}", f"over {self.edges[-1]:,.4g}"
        return (first, *middle, last, MISSING)

    def count(self, column: "pd.Series[Any]") -> "np.ndarray":
        """How many of these leads are in each bin."""
        if self.edges is None:
            words = _words(column)
            places = {name: place for place, name in enumerate(self.categories)}
            other = words.map(places).fillna(len(places))
            place = other.where(words.notna(), len(places) + 1).to_numpy(dtype=np.int64)
        else:
            numbers = _numbers(column)
            # Side "left" closes a bin above: a value that is an edge belongs to the bin below it.
            place = np.searchsorted(np.array(self.edges), numbers, side="left")
            place[np.isnan(numbers)] = len(self.edges) + 1
        return np.bincount(place, minlength=len(self.names))


@dataclass(frozen=True)
class Reference:
    """The features a model looks at, as they were among the leads it learned from."""

    features: tuple[FeatureReference, ...]

    @staticmethod
    def of(frame: pd.DataFrame, features: Sequence[Feature]) -> "Reference":
        """The reference made of a frame of features, one row a lead."""
        looked_at = (item for item in features if item.name != NOT_RECORDED.name)
        return Reference(tuple(FeatureReference.of(frame[item.name], item) for item in looked_at))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, to be kept beside a model. It names only what many leads have in common."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Reference":
        """What ``to_dict`` gave."""
        return Reference(tuple(_read(item) for item in data["features"]))


def _read(item: Mapping[str, Any]) -> FeatureReference:
    edges = item["edges"]
    return FeatureReference(
        item["name"],
        item["label"],
        None if edges is None else tuple(float(edge) for edge in edges),
        tuple(item["categories"]),
        tuple(int(count) for count in item["counts"]),
    )


def _edges(column: "pd.Series[Any]") -> tuple[float, ...]:
    numbers = _numbers(column)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return ()
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)[1:-1], method="lower"))
    # Above the largest value there would be an empty bin.
    return tuple(float(cut) for cut in cuts[cuts < known.max()])


def _common(column: "pd.Series[Any]") -> tuple[str, ...]:
    counts = _words(column).value_counts()
    fewest = max(FEWEST, RARE_SHARE * len(column))
    return tuple(str(name) for name in counts[counts >= fewest].index[:MOST_CATEGORIES])


def _numbers(column: "pd.Series[Any]") -> "np.ndarray":
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _words(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if isinstance(column.dtype, pd.CategoricalDtype):
        # Each category is read once, whoever has it.
        column = column.cat.rename_categories([str(one) for one in column.cat.categories])
        return column.astype(object).where(column.notna(), None)
    known = column.astype(object).where(column.notna(), None)
    return known.map(lambda value: None if value is None else str(value)).astype(object)
