"""Champion and challenger on the same leads: differences with intervals, and a verdict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.calibration import Vector
from models.evaluation import auc, drawn_again

ComparisonVerdict = Literal["better", "not clearly better", "worse"]
TURNS, TAIL = 400, 0.025
# A gain that is worth a change: so much AUC, or such a share of the Brier score or the log loss.
# On many leads less is certain too, and would still ask people and move scores for nothing that
# anybody notices.
WORTH = 0.002
Measure = Callable[[Vector, np.ndarray], float]


@dataclass(frozen=True)
class Difference:
    """One measure of both; ``low`` and ``high`` are the 95 % interval of what the challenger
    gains, above 0 where it is better, whichever way the measure itself points."""

    champion: float
    challenger: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """How both do on the same ``leads``, ``converted`` of which converted."""

    leads: int
    converted: int
    auc: Difference
    brier: Difference
    log_loss: Difference
    verdict: ComparisonVerdict

    def rows(self) -> list[tuple[str, Difference]]:
        """The measures by name."""
        return [("AUC", self.auc), ("Brier", self.brier), ("log loss", self.log_loss)]


def compare(
    champion: Vector,
    challenger: Vector,
    labels: np.ndarray,
    seed: int = 0,
    units: np.ndarray | None = None,
) -> Comparison:
    """Probabilities (n) by both for the same n leads, against what happened (n, 0 or 1).

    Intervals are of a paired bootstrap: leads are drawn again, copies of one (the same number in
    ``units``) together, and both are judged on each draw (Efron and Tibshirani, 1993). The
    challenger is better where a measure is clearly better, by enough to be worth a change, and none
    clearly worse by as much; worse the other way round.
    """
    gains = np.full((TURNS, len(MEASURES)), np.nan)
    for turn, rows in enumerate(drawn_again(len(labels), TURNS, seed, units)):
        gains[turn] = [
            sign * (measure(challenger[rows], labels[rows]) - measure(champion[rows], labels[rows]))
            for measure, sign in MEASURES
        ]
    lows, highs = _quantiles(gains)
    differences = []
    for (measure, sign), low, high in zip(MEASURES, lows, highs, strict=True):
        old, new = measure(champion, labels), measure(challenger, labels)
        differences.append(Difference(old, new, sign * (new - old), float(low), float(high)))
    ranked, brier, log_loss = differences
    return Comparison(
        len(labels), int(labels.sum()), ranked, brier, log_loss, _verdict(differences)
    )


def level_shifts(
    champion: Vector, challenger: Vector, lowest: Mapping[str, float]
) -> dict[tuple[str, str], int]:
    """How many leads have each (level now, level then), by totals (n) of both.

    ``lowest`` is the lowest total of each level, and 0 for the last.
    """
    names = sorted(lowest, key=lambda name: lowest[name])
    starts = np.array([lowest[name] for name in names])
    now, then = (
        np.clip(np.searchsorted(starts, total, side="right") - 1, 0, None)
        for total in (champion, challenger)
    )
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (now, then), 1)
    return {
        (old, new): int(counts[place, other])
        for place, old in enumerate(names)
        for other, new in enumerate(names)
    }


def changed(shifts: Mapping[tuple[str, str], int]) -> int:
    """How many leads would change level."""
    return sum(count for (old, new), count in shifts.items() if old != new)


def _brier(probability: Vector, labels: np.ndarray) -> float:
    return float(np.mean((probability - labels) ** 2))


def _log_loss(probability: Vector, labels: np.ndarray) -> float:
    kept = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-np.mean(np.where(labels == 1, np.log(kept), np.log1p(-kept))))


# Each with the sign that makes a gain of it positive.
MEASURES: tuple[tuple[Measure, int], ...] = ((auc, 1), (_brier, -1), (_log_loss, -1))


def _quantiles(gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the intervals; without end where no draw held both outcomes."""
    known = ~np.isnan(gains).all(axis=0)
    lows, highs = np.full(gains.shape[1], -np.inf), np.full(gains.shape[1], np.inf)
    lows[known], highs[known] = np.nanquantile(gains[:, known], [TAIL, 1 - TAIL], axis=0)
    return lows, highs


def _verdict(differences: Sequence[Difference]) -> ComparisonVerdict:
    _, *losses = differences
    worth = [WORTH, *(WORTH * one.champion for one in losses)]
    told = list(zip(differences, worth, strict=True))
    better = any(one.low > 0 and one.gain >= least for one, least in told)
    worse = any(one.high < 0 and -one.gain >= least for one, least in told)
    if better == worse:
        return "not clearly better"
    return "better" if better else "worse"
