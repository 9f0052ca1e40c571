"""How good probabilities are: the ranking, the distance, and what acting on them gains."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.calibration import Vector

ECE_BINS = 15


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
    from sklearn.metrics import log_loss, roc_auc_score

    mixed = 0 < labels.sum() < len(labels)
    return Metrics(
        auc=float(roc_auc_score(labels, probability)) if mixed else float("nan"),
        log_loss=float(log_loss(labels, np.clip(probability, 1e-9, 1 - 1e-9), labels=[0, 1])),
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


def auc_interval(
    probability: Vector, labels: np.ndarray, seed: int = 0, rounds: int = 200
) -> tuple[float, float]:
    """90 % bootstrap interval of the AUC."""
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        sample = draw.integers(0, len(labels), len(labels))
        if 0 < labels[sample].sum() < len(sample):
            values.append(roc_auc_score(labels[sample], probability[sample]))
    low, high = np.quantile(values, [0.05, 0.95]) if values else (float("nan"), float("nan"))
    return float(low), float(high)


def auc_gain_interval(
    probability: Vector, other: Vector, labels: np.ndarray, seed: int = 0, rounds: int = 200
) -> tuple[float, float]:
    """90 % bootstrap interval of AUC(probability) − AUC(other) on the same leads."""
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(seed)
    gains = []
    for _ in range(rounds):
        sample = draw.integers(0, len(labels), len(labels))
        truth = labels[sample]
        if 0 < truth.sum() < len(truth):
            ours, theirs = (roc_auc_score(truth, p[sample]) for p in (probability, other))
            gains.append(ours - theirs)
    low, high = np.quantile(gains, [0.05, 0.95]) if gains else (float("nan"), float("nan"))
    return float(low), float(high)


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
