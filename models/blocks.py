"""Rolling origin: learn on the past, judge on the next block (Tashman, 2000)."""

from collections.abc import Iterator

import numpy as np

from features.training_moments import AGES_IN_DAYS

Split = tuple["np.ndarray", "np.ndarray"]
FIRST_SHARE = 0.4
# Files without dates, each of whose leads came in on one day.
LOTS, NEARLY_ALL = 3, 0.9


def rolling_origin(
    moments: np.ndarray,
    labels: np.ndarray,
    blocks: int = 3,
    seed: int = 0,
    units: np.ndarray | None = None,
) -> list[Split]:
    """(past, next block) index pairs; every past moment is before every moment of its block.

    ``moments`` (n) must be sorted. Where there are no dates to speak of, or a block would hold too
    few of either outcome, seeded stratified folds take their place. Copies of one lead, which have
    one number in ``units`` (n), are never on both sides.
    """
    units = np.arange(len(labels)) if units is None else units
    edges = np.linspace(FIRST_SHARE, 1.0, blocks + 1)
    cuts = [moments[min(int(len(moments) * edge), len(moments) - 1)] for edge in edges[:-1]]
    splits = []
    for start, end in zip(cuts, [*cuts[1:], None], strict=True):
        block = np.flatnonzero((moments >= start) & ((moments < end) if end is not None else True))
        splits.append((_without(np.flatnonzero(moments < start), block, units), block))
    if all(_enough(labels[past]) and _enough(labels[block]) for past, block in splits):
        return splits
    return list(same_shares(labels, blocks, seed, units))


def moments_that_tell(moments: np.ndarray) -> np.ndarray:
    """The moments (n), or the first of them for all leads where nearly all came in at once, or in
    so few lots that they have no order to speak of: what differs within a lot is the age at which
    each was looked at, which says nothing of the order of leads."""
    different, leads = np.unique(moments, return_counts=True)
    of_lots = np.sort(leads)[::-1][: LOTS * len(set(AGES_IN_DAYS))].sum()
    if of_lots >= NEARLY_ALL * len(moments) and of_lots > 2 * len(different):
        return np.full_like(moments, different[0])
    return moments


def latest_block(
    moments: np.ndarray,
    labels: np.ndarray,
    share: float,
    seed: int,
    units: np.ndarray | None = None,
) -> Split:
    """(past, latest ``share`` of the leads); a stratified sample where there are no dates. What has
    a copy among the latest is left out of the past."""
    units = np.arange(len(labels)) if units is None else units
    cut = moments[int(len(moments) * (1 - share))]
    latest = np.flatnonzero(moments >= cut)
    past = _without(np.flatnonzero(moments < cut), latest, units)
    if _enough(labels[past]) and _enough(labels[latest]) and len(latest) < len(labels) / 2:
        return past, latest
    return next(same_shares(labels, round(1 / share), seed, units))


def _enough(labels: np.ndarray, fewest: int = 8) -> bool:
    return bool(min(labels.sum(), len(labels) - labels.sum()) >= fewest)


def _without(past: np.ndarray, block: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The places of the past that have no copy in the block."""
    return past[~np.isin(units[past], units[block])]


def same_shares(labels: np.ndarray, folds: int, seed: int, units: np.ndarray) -> Iterator[Split]:
    """Folds with equal shares of both outcomes, all copies of a lead in one."""
    fold = _fold_of_each(labels, folds, seed, units)
    for number in range(folds):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def _fold_of_each(labels: np.ndarray, folds: int, seed: int, units: np.ndarray) -> np.ndarray:
    """Units in an order that the seed draws, those with most copies first, each into the fold that
    holds fewest leads of its outcome."""
    _, first, unit, sizes = np.unique(
        units, return_index=True, return_inverse=True, return_counts=True
    )
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    order = drawn[np.argsort(-sizes[drawn], kind="stable")]
    outcome, many = labels[first][order].tolist(), sizes[order].tolist()
    held = [[0] * folds, [0] * folds]
    chosen = np.empty(len(sizes), dtype=np.int64)
    for place, converted, count in zip(order.tolist(), outcome, many, strict=True):
        of_outcome = held[int(converted)]
        fold = of_outcome.index(min(of_outcome))
        of_outcome[fold] += count
        chosen[place] = fold
    return chosen[unit]
