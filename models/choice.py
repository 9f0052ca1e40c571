"""Choosing a candidate: the combination, unless another is clearly better on data it had not
learned from."""

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


def choose(found: Mapping[str, Sequence[Vector]], units: Sequence[np.ndarray], dated: bool) -> str:
    """The name to take, from each candidate's losses by block (the same leads for all).

    The combination stands, because differences between candidates on past blocks seldom carry over
    to the next one; what is better by more than chance explains, over blocks as well as over
    leads, takes its place. Where blocks are no periods (``dated`` is False) there is no next one,
    and leads alone decide: a handful of folds could not. ``units`` (n a block) are numbers of
    leads, the same for copies of one.
    """
    best = min(found, key=lambda name: mean_loss(found[name]))
    standing = found.get(COMBINATION)
    if (
        standing is None
        or best == COMBINATION
        or clearly_better(found[best], standing, units, dated)
    ):
        return best
    return COMBINATION


def mean_loss(by_block: Sequence[Vector]) -> float:
    """The blocks' mean log loss, each block counting the same."""
    return float(np.mean([block.mean() for block in by_block]))


def clearly_better(
    ours: Sequence[Vector],
    theirs: Sequence[Vector],
    units: Sequence[np.ndarray],
    dated: bool,
) -> bool:
    """Whether our losses are lower than chance explains: paired t-tests over leads, all copies of
    one together, and over blocks where they are periods."""
    gains = [b - a for a, b in zip(ours, theirs, strict=True)]
    if not _surely_above_nil(_by_lead(gains, units)):
        return False
    return not dated or _surely_above_nil(np.array([gain.mean() for gain in gains]))


def _by_lead(gains: Sequence[Vector], units: Sequence[np.ndarray]) -> Vector:
    """Each lead's gain; that of copies is their sum, as they are one and no proof of each other."""
    _, unit = np.unique(np.concatenate(units), return_inverse=True)
    return np.asarray(np.bincount(unit, weights=np.concatenate(gains)))


def _surely_above_nil(sample: Vector) -> bool:
    from scipy.stats import t

    error = sample.std(ddof=1) / np.sqrt(len(sample))
    return bool(sample.mean() > t.ppf(SURE, len(sample) - 1) * error)
