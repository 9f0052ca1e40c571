"""The data in order of its moments, and how each candidate is learned and judged on it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import pandas as pd

from features.feature import Feature
from models.additive import AdditiveModel, weighted_sum
from models.blocks import Split, rolling_origin
from models.calibration import Calibration, Vector
from models.candidates import ADDITIVE, COMBINATION, LEARNERS, LOGISTIC, Learner
from models.candidates.registered import own_candidates
from models.copies import find_copies
from models.encoding import Encoding
from models.row_order import canonical_order
from models.scorecard import Model, Part


@dataclass(frozen=True)
class OutOfTime:
    """Raw log-odds on blocks a model had not seen, with what happened there.

    ``rows`` are the blocks' places in the data, ``pasts`` those of what was learned from for each;
    ``dated`` is whether each block is later than that.
    """

    blocks: tuple[tuple[Vector, np.ndarray], ...]
    rows: tuple[np.ndarray, ...]
    pasts: tuple[np.ndarray, ...]
    dated: bool

    def calibration(self) -> Calibration:
        """The calibration these blocks teach; folds without dates are one block."""
        if self.dated:
            return Calibration.learn(self.blocks)
        raw, truth = (np.concatenate(part) for part in zip(*self.blocks, strict=True))
        return Calibration.learn([(raw, truth)])


@dataclass(frozen=True)
class Recipe:
    """Learns every candidate once on each part of the data it is asked for.

    ``units`` (n) says which leads are copies of one: they have the same number.
    """

    frame: pd.DataFrame
    labels: np.ndarray
    moments: np.ndarray
    features: tuple[Feature, ...]
    seed: int
    units: np.ndarray
    _learned: dict[tuple[str, bytes], Part] = field(default_factory=dict)
    _seconds: dict[tuple[str, bytes], float] = field(default_factory=dict)

    @staticmethod
    def of(
        frame: pd.DataFrame,
        labels: np.ndarray,
        moments: np.ndarray,
        features: Sequence[Feature],
        seed: int,
    ) -> "Recipe":
        """The data in an order that the leads decide, not the file or the database they stand in,
        and the features in that of their names: whatever a seed draws is the same for the same."""
        order = canonical_order(frame, labels, moments)
        frame, labels, moments = frame.iloc[order], labels[order], moments[order]
        by_name = tuple(sorted(features, key=lambda feature: feature.name))
        units = find_copies(frame, labels, by_name)
        return Recipe(frame, labels, moments, by_name, seed, units)

    def learn(self, name: str, rows: np.ndarray) -> Part:
        """The candidate learned from these rows."""
        key = _key(name, rows)
        if key not in self._learned:
            begun = perf_counter()
            self._learned[key] = self.learn_anew(name, rows)
            self._seconds[key] = perf_counter() - begun
        return self._learned[key]

    def seconds(self, name: str, rows: np.ndarray) -> float:
        """How long the candidate learned from these rows: of the combination, both halves."""
        self.learn(name, rows)
        return sum(self._seconds[_key(kind, rows)] for kind in made_of(name))

    def learn_at_once(
        self, names: Iterable[str], rows: np.ndarray, elsewhere: "Elsewhere", *, whole: bool
    ) -> None:
        """Have the kinds of model that these candidates are made of learned from each past among
        ``rows`` at once, and with ``whole`` from all of them, for ``learn`` to find them done.
        Candidates of your own stay here: what fails of them is for the training to tell."""
        kinds = dict.fromkeys(kind for name in names for kind in made_of(name) if kind in LEARNERS)
        parts = [rows[past] for past, _ in self._splits(rows)] + [rows] * whole
        wanted = [(kind, part) for part in reversed(parts) for kind in kinds]
        wanted = [(kind, part) for kind, part in wanted if _key(kind, part) not in self._learned]
        for (kind, part), (learned, seconds) in zip(wanted, elsewhere(self, wanted), strict=True):
            self._learned[_key(kind, part)] = learned
            self._seconds[_key(kind, part)] = seconds

    def _splits(self, rows: np.ndarray) -> list[Split]:
        return rolling_origin(
            self.moments[rows], self.labels[rows], seed=self.seed, units=self.units[rows]
        )

    def out_of_time(self, name: str, rows: np.ndarray) -> OutOfTime:
        """Raw predictions on each next block among ``rows``, learned on what came before it."""
        splits = self._splits(rows)
        blocks = []
        for past, block in splits:
            raw = self.learn(name, rows[past]).raw(self.frame.iloc[rows[block]])
            blocks.append((raw, self.labels[rows[block]]))
        moments = self.moments[rows]
        dated = all(moments[past].max() < moments[block].min() for past, block in splits)
        return OutOfTime(
            tuple(blocks),
            tuple(rows[block] for _, block in splits),
            tuple(rows[past] for past, _ in splits),
            dated,
        )

    def learn_anew(self, name: str, rows: np.ndarray) -> Part:
        """The candidate learned from these rows, whether or not it has been before."""
        if name == COMBINATION:
            lines, curves = self.learn(LOGISTIC, rows), self.learn(ADDITIVE, rows)
            return Part(1.0, lines.encoding, _half_half(lines.model, curves.model))
        part = self.frame.iloc[rows]
        encoding, matrix = Encoding.fit(part, self.features, self.labels[rows], self.units[rows])
        return Part(1.0, encoding, _learner(name)(matrix, self.labels[rows], encoding, self.seed))


def is_known(name: str) -> bool:
    """Whether there is such a candidate, built in or of your own."""
    return name == COMBINATION or name in LEARNERS or name in own_candidates().present


def _learner(name: str) -> Learner:
    return LEARNERS[name] if name in LEARNERS else own_candidates().present[name].learn


# Learns kinds of model, each from some rows, wherever it likes; answers in the same order, with the
# seconds that each took.
Elsewhere = Callable[[Recipe, list[tuple[str, np.ndarray]]], list[tuple[Part, float]]]


def made_of(name: str) -> tuple[str, ...]:
    """The kinds of model that a candidate is made of."""
    return (LOGISTIC, ADDITIVE) if name == COMBINATION else (name,)


def _key(name: str, rows: np.ndarray) -> tuple[str, bytes]:
    return name, rows.tobytes()


def _half_half(lines: Model, curves: Model) -> AdditiveModel:
    if not (isinstance(lines, AdditiveModel) and isinstance(curves, AdditiveModel)):
        raise TypeError("The combination is made of additive models.")
    return weighted_sum([(0.5, lines), (0.5, curves)])
