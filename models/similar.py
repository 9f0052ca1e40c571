"""The density of history around a lead: how many of the leads learned from are like it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.calibration import Vector
from models.encoding import Encoding, Matrix

CELLS = 12
# A feature that moves the score by less (log-odds, about one point) is not what makes a lead rare.
MATTERS = 0.07


@dataclass(frozen=True)
class Similar:
    """For each feature the edges of its cells and how many leads learned from lie in each.

    The last count is that of leads whose value was missing.
    """

    edges: tuple[tuple[float, ...], ...]
    counts: tuple[tuple[int, ...], ...]

    @staticmethod
    def learn(matrix: Matrix, encoding: Encoding) -> "Similar":
        """Cells of equal size for numbers, one a category (n × f)."""
        edges, counts = [], []
        for place in range(matrix.shape[1]):
            values = matrix[:, place]
            cuts = _cuts(values, encoding.codes(place) if place in encoding.categorical else None)
            bins = np.searchsorted(np.append(cuts, np.inf), values, side="left")
            counts.append(tuple(np.bincount(bins, minlength=len(cuts) + 2).tolist()))
            edges.append(tuple(cuts.tolist()))
        return Similar(tuple(edges), tuple(counts))

    def leads(self, matrix: Matrix, parts: Matrix) -> tuple[Vector, Vector]:
        """The least crowded cell (n) among the features that matter for a lead, and its rarity
        (n): one through the leads in its cell, added up over those features.

        ``parts`` (n × f) are its contributions in log-odds. A cell counts as holding at least one
        lead, so that one may divide.
        """
        least, rarity = np.full(len(matrix), np.inf), np.zeros(len(matrix))
        matters = np.abs(parts) >= MATTERS
        for place, (edges, counts) in enumerate(self._tables):
            if not matters[:, place].any():
                continue
            here = counts[edges.searchsorted(matrix[:, place])]
            least = np.where(matters[:, place], np.minimum(least, here), least)
            rarity += np.where(matters[:, place], 1.0 / np.maximum(here, 1.0), 0.0)
        everyone = float(sum(self.counts[0])) if self.counts else 1.0
        return np.minimum(np.maximum(least, 1.0), max(1.0, everyone)), rarity

    def usual(self, place: int) -> float | None:
        """The upper edge of the cell in the middle of those whose value was known; for a category
        the most frequent code."""
        counts = np.array(self.counts[place][:-1])
        if not counts.sum():
            return None
        edges = self.edges[place]
        if edges == tuple(range(len(edges))):
            return float(counts.argmax())
        middle = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
        return edges[min(middle, len(edges) - 1)]

    @cached_property
    def _tables(self) -> list[tuple[Vector, Vector]]:
        return [
            (np.array([*edges, np.inf]), np.array(counts, dtype=np.float64))
            for edges, counts in zip(self.edges, self.counts, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The cells as plain data."""
        return {"edges": self.edges, "counts": self.counts}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Similar":
        """The cells that ``to_dict`` wrote."""
        return Similar(tuple(map(tuple, data["edges"])), tuple(map(tuple, data["counts"])))


def _cuts(values: Matrix, codes: int | None) -> Vector:
    if codes is not None:
        return np.arange(codes, dtype=np.float64)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    # Both ends are cuts, so that what lies outside everything seen has a cell of its own: an
    # empty one below, an empty one above.
    inner = np.quantile(known, np.linspace(0, 1, CELLS + 1))
    return np.unique(np.append(inner, np.nextafter(known.min(), -np.inf)))
