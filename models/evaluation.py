"""Evaluation of probabilities: ranking, calibration, and what acting on them gains."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.calibration import Vector, losses

ECE_BINS = 15
BOOTSTRAP = 300


@dataclass(frozen=True)
class Metrics:
    """``auc`` (1 is best, 0.5 is chance); ``log_loss``, ``brier`` and ``ece`` (0 is best)."""

    auc: float
    log_loss: float
    brier: float
    ece: float

    def to_dict(self) -> dict[str, float]:
        """Name to value."""
        return asdict(self)


def evaluate(probability: Vector, labels: np.ndarray) -> Metrics:
    """Metrics of predicted probabilities (n) against what happened (n, 0 or 1)."""
    return Metrics(
        auc=auc(probability, labels),
        log_loss=float(losses(probability, labels).mean()),
        brier=float(np.mean((probability - labels) ** 2)),
        ece=expected_calibration_error(probability, labels),
    )


def expected_calibration_error(
    probability: Vector, labels: np.ndarray, bins: int = ECE_BINS
) -> float:
    """Mean distance of predicted from observed rate over equal-width bins, weighted by size
    (Naeini, Cooper, Hauskrecht, 2015)."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    size = np.bincount(place, minlength=bins)
    gap = np.bincount(place, weights=probability - labels, minlength=bins)
    return float(np.abs(gap[size > 0]).sum() / len(labels))


def auc(probability: Vector, labels: np.ndarray) -> float:
    """The chance that a converted lead is ranked before another one, ties counting half
    (Mann and Whitney, 1947); NaN where there is only one kind."""
    from scipy.stats import rankdata

    converted = int(labels.sum())
    other = len(labels) - converted
    if converted == 0 or other == 0:
        return float("nan")
    ranks = rankdata(probability)[labels == 1].sum()
    return float((ranks - converted * (converted + 1) / 2) / (converted * other))


def auc_interval(
    probability: Vector,
    labels: np.ndarray,
    seed: int = 0,
    other: Vector | None = None,
    units: np.ndarray | None = None,
) -> tuple[float, float]:
    """90 % bootstrap interval of the AUC, or of AUC(probability) − AUC(other) on the same leads.
    Copies of a lead (the same number in ``units``) are drawn together."""
    values = np.empty(BOOTSTRAP)
    samples = drawn_again(len(labels), BOOTSTRAP, seed, units)
    for turn, sample in enumerate(samples):
        values[turn] = auc(probability[sample], labels[sample])
        if other is not None:
            values[turn] -= auc(other[sample], labels[sample])
    low, high = np.nanquantile(values, [0.05, 0.95])
    return float(low), float(high)


def drawn_again(
    count: int, turns: int, seed: int, units: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Places of ``count`` leads drawn with replacement, once a turn (Efron and Tibshirani, 1993);
    all copies of a lead come together, for they are one and no proof of each other."""
    draw = np.random.default_rng(seed)
    if units is None or len(np.unique(units)) == count:
        for _ in range(turns):
            yield draw.integers(0, count, count)
        return
    _, unit, sizes = np.unique(units, return_inverse=True, return_counts=True)
    of_unit = np.split(np.argsort(unit, kind="stable"), np.cumsum(sizes)[:-1])
    for _ in range(turns):
        yield np.concatenate([of_unit[one] for one in draw.integers(0, len(sizes), len(sizes))])


def calibration_table(
    probability: Vector, labels: np.ndarray, bins: int = 10
) -> list[dict[str, Any]]:
    """Predicted and observed rate in bins of equal size, lowest probability first."""
    parts = np.array_split(np.argsort(probability, kind="stable"), min(bins, len(labels)))
    return [
        {
            "leads": len(part),
            "predicted": float(probability[part].mean()),
            "observed": float(labels[part].mean()),
        }
        for part in parts
    ]


def lift_table(probability: Vector, labels: np.ndarray, bins: int = 10) -> list[dict[str, Any]]:
    """Share of conversions in the best-scored share of leads; lift is their ratio."""
    order = np.argsort(-probability, kind="stable")
    gained = np.cumsum(labels[order])
    rows = []
    for step in range(1, bins + 1):
        count = max(1, round(len(order) * step / bins))
        share = float(gained[count - 1] / max(1, gained[-1]))
        rows.append(
            {
                "share_of_leads": step / bins,
                "share_of_conversions": share,
                "lift": share * bins / step,
            }
        )
    return rows
