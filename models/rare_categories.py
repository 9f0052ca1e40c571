"""Rare categories pooled into a few groups of similar rates, without a lead seeing its own outcome.

A category seen a handful of times says little by itself, and one column for each would be noise.
Their rates are drawn towards the rate of all of them, the more the fewer leads they have
(Micci-Barreca, 2001; how strongly, by Kleinman's method of moments, 1973), and categories with
similar rates share a code. Where the rates differ no more than chance makes them differ, nothing is
grouped.
"""

from dataclasses import dataclass

import numpy as np

FOLDS = 5
FEWEST = 3  # categories; fewer are no groups
CERTAIN = 2.5  # standard deviations by which the rates must differ more than chance makes them
QUANTILES = (0.1, 0.3, 0.7, 0.9)
MIDDLE = len(QUANTILES) // 2  # the group of those about average
UNGROUPED = -1
Codes = np.ndarray


@dataclass(frozen=True)
class Groups:
    """``of_category`` is the group of each category, ``of_lead`` that of each lead, learned from
    other leads than itself; both -1 where there is none."""

    of_category: Codes
    of_lead: Codes


def group(categories: Codes, labels: np.ndarray, folds: Codes, width: int) -> Groups | None:
    """Group ``width`` categories by how often their leads converted.

    Args:
        categories: the category of each lead, 0 to ``width`` − 1.
        labels: whether each converted, 0 or 1.
        folds: 0 to 4; a lead's group is learned from the other folds.

    Returns:
        None where the categories are alike.
    """
    counts, converted = _counts(categories, labels, width)
    pull = _pull(counts, converted)
    if pull is None:
        return None
    of_lead = np.full(len(labels), UNGROUPED)
    for fold in range(FOLDS):
        held = folds == fold
        gone, gone_converted = _counts(categories[held], labels[held], width)
        learned = _groups(counts - gone, converted - gone_converted, pull)
        of_lead[held] = learned[categories[held]]
    return Groups(_groups(counts, converted, pull), of_lead)


def _counts(categories: Codes, labels: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    counts = np.bincount(categories, minlength=width).astype(np.float64)
    return counts, np.bincount(categories, weights=labels, minlength=width)


def _pull(counts: np.ndarray, converted: np.ndarray) -> float | None:
    """How many leads of the average rate each category is mixed with; None where all are alike."""
    counts, converted = counts[counts > 0], converted[counts > 0]
    total = counts.sum()
    rate = converted.sum() / max(total, 1.0)
    spread = rate * (1.0 - rate)
    if spread == 0.0 or len(counts) < FEWEST or total <= 2 * len(counts):
        return None
    chi = float(((converted - counts * rate) ** 2 / (counts * spread)).sum())
    free = len(counts) - 1
    # Pearson's statistic has this variance where categories are small (Haldane, 1937).
    variance = float((2.0 + (1.0 / spread - 6.0) / counts).sum())
    if chi - free < CERTAIN * np.sqrt(max(variance, 2.0)):
        return None
    share = (chi - free) / (total - (counts**2).sum() / total - free)
    return float(1.0 / min(max(share, 1e-6), 0.999) - 1.0)


def _groups(counts: np.ndarray, converted: np.ndarray, pull: float) -> Codes:
    """The group of each category by its pulled rate; -1 where no lead tells of it."""
    seen = counts > 0
    rate = converted.sum() / counts.sum()
    pulled = (converted + pull * rate) / (counts + pull)
    edges = _weighted_quantiles(pulled[seen], counts[seen])
    return np.where(seen, np.searchsorted(edges, pulled, side="right"), UNGROUPED)


def _weighted_quantiles(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    shares = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(shares, QUANTILES)
    return values[order][np.minimum(places, len(order) - 1)]
