"""Rolling origin: learn on the past, judge on the next block (Tashman, 2000)."""

from collections.abc import Iterator

import numpy as np

Split = tuple["np.ndarray", "np.ndarray"]
FIRST_SHARE = 0.4


def rolling_origin(
    moments: np.ndarray, labels: np.ndarray, blocks: int = 3, seed: int = 0
) -> list[Split]:
    """(past, next block) index pairs; every past moment is before every moment of its block.

    ``moments`` (n) must be sorted. Where there are no dates to speak of, or a block would hold too
    few of either outcome, seeded stratified folds take their place.
    """
    edges = np.linspace(FIRST_SHARE, 1.0, blocks + 1)
    cuts = [moments[min(int(len(moments) * edge), len(moments) - 1)] for edge in edges[:-1]]
    splits = []
    for start, end in zip(cuts, [*cuts[1:], None], strict=True):
        past = np.flatnonzero(moments < start)
        block = np.flatnonzero((moments >= start) & ((moments < end) if end is not None else True))
        splits.append((past, block))
    if all(_enough(labels[past]) and _enough(labels[block]) for past, block in splits):
        return splits
    return list(_folds(labels, blocks, seed))


def latest_block(moments: np.ndarray, labels: np.ndarray, share: float, seed: int) -> Split:
    """(past, latest ``share`` of the leads); a stratified sample where there are no dates."""
    cut = moments[int(len(moments) * (1 - share))]
    past, latest = np.flatnonzero(moments < cut), np.flatnonzero(moments >= cut)
    if _enough(labels[past]) and _enough(labels[latest]) and len(latest) < len(labels) / 2:
        return past, latest
    return next(_folds(labels, round(1 / share), seed))


def _enough(labels: np.ndarray, fewest: int = 8) -> bool:
    return bool(min(labels.sum(), len(labels) - labels.sum()) >= fewest)


def _folds(labels: np.ndarray, folds: int, seed: int) -> Iterator[Split]:
    from sklearn.model_selection import StratifiedKFold

    yield from StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels)
