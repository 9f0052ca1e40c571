"""The rubric as a model: curves written by people, fading with silence, bounded by dimension."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.additive import AdditiveModel
from models.encoding import Matrix


@dataclass(frozen=True)
class RubricModel:
    """Log-odds by feature.

    ``half_lives`` (feature's place → days): what speaks for a lead counts half as much after so
    many days without activity, whose number is the feature at ``silence``. ``bounds`` are
    (places, low, high): where the sum over these features passes a bound, all of them shrink in
    proportion, so that a total stays a sum. ``bits`` (feature's place → its bit in the feature at
    ``not_recorded``): what speaks against a lead counts for nothing where its source never fills
    the field.
    """

    curves: AdditiveModel
    half_lives: Mapping[int, float]
    silence: int | None
    bounds: tuple[tuple[tuple[int, ...], float, float], ...]
    bits: Mapping[int, int]
    not_recorded: int

    @property
    def base(self) -> float:
        """The log-odds that all leads start from."""
        return self.curves.base

    def contributions(self, matrix: Matrix) -> Matrix:
        """Log-odds (n × f) that add up to raw − base."""
        result = self.curves.contributions(matrix)
        if self.silence is not None and self.half_lives:
            days = np.nan_to_num(np.maximum(matrix[:, self.silence], 0.0))
            for place, half_life in self.half_lives.items():
                faded = result[:, place] * 0.5 ** (days / half_life)
                result[:, place] = np.where(result[:, place] > 0, faded, result[:, place])
        lacking = np.nan_to_num(matrix[:, self.not_recorded]).astype(np.int64)
        if lacking.any():
            for place, bit in self.bits.items():
                silent = (lacking & bit != 0) & (result[:, place] < 0)
                result[silent, place] = 0.0
        for places, low, high in self.bounds:
            sums = result[:, list(places)].sum(axis=1)
            kept = np.clip(sums, low, high)
            share = np.divide(kept, sums, out=np.ones_like(sums), where=sums != 0)
            result[:, list(places)] *= share[:, np.newaxis]
        return result

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds (n)."""
        return np.asarray(self.base + self.contributions(matrix).sum(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """The model as plain data."""
        return {
            "curves": self.curves.to_dict(),
            "half_lives": [[place, days] for place, days in self.half_lives.items()],
            "silence": self.silence,
            "bounds": [[list(places), low, high] for places, low, high in self.bounds],
            "bits": [[place, bit] for place, bit in self.bits.items()],
            "not_recorded": self.not_recorded,
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "RubricModel":
        """The model that ``to_dict`` wrote."""
        return RubricModel(
            AdditiveModel.from_dict(data["curves"]),
            {int(place): float(days) for place, days in data["half_lives"]},
            data["silence"],
            tuple((tuple(places), low, high) for places, low, high in data["bounds"]),
            {int(place): int(bit) for place, bit in data["bits"]},
            int(data["not_recorded"]),
        )
