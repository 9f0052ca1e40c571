"""The scorecard: one or two weighted models, calibrated, whose sum is the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from features.feature import Feature
from models.calibration import Calibration, sigmoid
from models.encoding import Encoding, Matrix
from models.scores import POINTS_PER_LOG_ODDS, Regime, Scorer, Scores
from models.similar import Similar

# Leads that suffice to say what moves scores.
SAMPLE = 5000


class Model(Protocol):
    """What gives log-odds that are a sum over features."""

    @property
    def base(self) -> float:
        """The log-odds that all leads start from."""

    def contributions(self, matrix: Matrix) -> Matrix:
        """Log-odds (n × f) that add up to raw − base."""

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds (n) before calibration."""


@dataclass(frozen=True)
class Part:
    """A model with its encoding and its share of the score."""

    weight: float
    encoding: Encoding
    model: Model

    def raw(self, frame: pd.DataFrame) -> Matrix:
        """Its weighted log-odds (n)."""
        return self.weight * self.model.raw(self.encoding.filled(self.encoding.matrix(frame)))


@dataclass(frozen=True)
class Scorecard:
    """A learned model (or a blend of the rubric and one) with its calibration, as a scorer.

    ``reference`` is the mean calibrated log-odds over the leads learned from: the average lead.
    ``similar`` belongs to the first part and says how well history covers a lead.
    ``model_share`` is how much of the score was learned: 1 without the rubric.
    """

    parts: tuple[Part, ...]
    calibration: Calibration
    reference: float
    name: str
    similar: Similar | None = None
    regime: Regime = "model"
    model_share: float = 1.0
    version: str = "not registered"

    @staticmethod
    def assemble(
        name: str,
        parts: tuple[Part, ...],
        calibration: Calibration,
        frame: pd.DataFrame,
        model_share: float = 1.0,
    ) -> "Scorecard":
        """A scorecard whose average lead and whose history are those of ``frame``."""
        raw = np.sum([part.raw(frame) for part in parts], axis=0)
        learned = parts[0].encoding
        return Scorecard(
            parts,
            calibration,
            float(calibration.log_odds(raw).mean()),
            name,
            Similar.learn(learned.matrix(frame), learned),
            "model" if len(parts) == 1 else "blend",
            model_share,
        )

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features it looks at, each once."""
        named = {f.name: f for part in self.parts for f in part.encoding.features}
        return tuple(named.values())

    def score(self, frame: pd.DataFrame) -> Scores:
        """Score a frame of features, one row a lead.

        Raises:
            FeaturesMissing: the frame lacks a feature's column.
        """
        return self._scores([part.encoding.matrix(frame) for part in self.parts], frame.index)

    def score_rows(self, leads: Sequence[Mapping[str, object]]) -> Scores:
        """Score n leads from their features by name: the same sums without the cost of a frame."""
        return self._scores([part.encoding.rows(leads) for part in self.parts], range(len(leads)))

    def score_one(self, values: Mapping[str, object]) -> Scores:
        """Score one lead from its features by name."""
        return self.score_rows([values])

    def usual(self, name: str) -> object | None:
        """A feature's usual value among the leads learned from; None where that is not known."""
        learned = self.parts[0].encoding
        for place, feature in enumerate(learned.features):
            if feature.name == name and self.similar is not None:
                code = self.similar.usual(place)
                kept = learned.categories.get(name)
                if kept is None or code is None:
                    return code
                return kept[int(code)] if code < len(kept) else None
        return None

    def _scores(self, matrices: Sequence[Matrix], lead_ids: Any) -> Scores:
        sums, similar, rarity = self._sums(matrices)
        raw = self._base + sums.sum(axis=1)
        low, high = self.calibration.interval(raw, rarity)
        return Scores(
            lead_ids=lead_ids,
            features=self.features,
            contributions=self._points(sums),
            probability=sigmoid(self.calibration.log_odds(raw)),
            low=low,
            high=high,
            confidence=self.calibration.confidence(low, high, similar),
            regime=self.regime,
            version=self.version,
        )

    def _sums(self, matrices: Sequence[Matrix]) -> tuple[Matrix, Matrix, Matrix]:
        """Log-odds by feature (n × f), how many leads learned from are like each (n), and how rare
        each is (n)."""
        sums = np.zeros((len(matrices[0]), len(self.features)))
        similar, rarity = np.ones(len(sums)), np.zeros(len(sums))
        for part, matrix, places in zip(self.parts, matrices, self._places, strict=True):
            parts = part.model.contributions(part.encoding.filled(matrix))
            if part is self.parts[0] and self.similar is not None:
                similar, rarity = self.similar.leads(matrix, parts)
            sums[:, places] += part.weight * parts
        return sums, similar, rarity

    @cached_property
    def _places(self) -> list[list[int]]:
        names = [feature.name for feature in self.features]
        return [[names.index(f.name) for f in part.encoding.features] for part in self.parts]

    @cached_property
    def _base(self) -> float:
        return sum(part.weight * part.model.base for part in self.parts)

    def _points(self, sums: Matrix) -> Matrix:
        """Contributions in points. What the model's own centre is off from the average lead (a
        constant, mostly nil) is shared evenly, so that the sum stays exact."""
        centre = self.calibration.slope * self._base + self.calibration.shift - self.reference
        shared = self.calibration.slope * sums + centre / max(1, sums.shape[1])
        return np.asarray(shared * POINTS_PER_LOG_ODDS)


def importance(scorer: Scorer, frame: pd.DataFrame) -> list[tuple[Feature, float]]:
    """Mean absolute points of each feature over leads, largest first."""
    sample = frame if len(frame) <= SAMPLE else frame.iloc[:: len(frame) // SAMPLE]
    points = np.abs(scorer.score(sample).contributions).mean(axis=0)
    pairs = [(f, float(p)) for f, p in zip(scorer.features, points, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0].name))
