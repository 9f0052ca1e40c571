"""Choosing a candidate: the combination, unless another is clearly better on later data."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.calibration import Lines, Vector, losses, sigmoid
from models.candidates import COMBINATION

Blocks = Sequence[tuple[Vector, np.ndarray]]
# One-sided: how sure one must be that another candidate is better.
SURE = 0.95


def block_losses(blocks: Blocks) -> list[Vector]:
    """Log loss of each lead of each block, once calibrated: a common slope, and each block's own
    shift, because how many convert moves with time and is the same for every candidate."""
    odds = Lines.fit(blocks).log_odds(blocks)
    return [losses(sigmoid(o), truth) for o, (_, truth) in zip(odds, blocks, strict=True)]


def choose(found: Mapping[str, Sequence[Vector]]) -> str:
    """The name to take, from each candidate's losses by block (the same leads for all).

    The combination stands, because differences between candidates on past blocks seldom carry over
    to the next one; what is better by more than chance explains, over blocks as well as over
    leads, takes its place.
    """
    best = min(found, key=lambda name: mean_loss(found[name]))
    standing = found.get(COMBINATION)
    if standing is None or best == COMBINATION or clearly_better(found[best], standing):
        return best
    return COMBINATION


def mean_loss(by_block: Sequence[Vector]) -> float:
    """The blocks' mean log loss, each block counting the same."""
    return float(np.mean([block.mean() for block in by_block]))


def clearly_better(ours: Sequence[Vector], theirs: Sequence[Vector]) -> bool:
    """Whether our losses are lower than chance explains: paired t-tests over blocks and leads."""
    from scipy.stats import t

    gains = [b - a for a, b in zip(ours, theirs, strict=True)]
    blocks = np.array([gain.mean() for gain in gains])
    every = np.concatenate(gains)
    for sample in (blocks, every):
        error = sample.std(ddof=1) / np.sqrt(len(sample))
        if sample.mean() <= t.ppf(SURE, len(sample) - 1) * error:
            return False
    return True
