"""How far back to learn from: where the market has changed, what came before it misleads.

Windows of the leads that came in last, each half as large again as the one before, are tried on the
newest of all, a part of which each has not learned from (Klinkenberg, Joachims, 2000). Where one of
them says what became of these better than all leads do, by more than chance explains, the market
has changed, and the largest of those that say it nearly best is taken. Else all leads stand, for
more leads are worth having wherever they tell of the same market.

They are tried in order of when they came in, and not of when they were looked at: of those looked
at last many had come long before, from the market as it was then. What is learned from is all that
were looked at since the first of the window came in, so that all ages are there in their shares.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t

from features.arrivals import arrivals
from features.how_many import how_many
from models.blocks import Split, same_shares
from models.calibration import Vector
from models.candidates import LOGISTIC
from models.choice import block_losses
from models.recipe import Recipe

# Of the rarer outcome: in the newest leads, which all windows are tried on, and which are the
# smallest window.
FEWEST = 400
GROWN = 1.5
# What is gained by the best window is itself not exact: so great a share of it is nearly as much.
NEARLY = 0.9
FOLDS = 3
# One-sided. Some windows are tried each time, and a training that forgets for nothing is worse.
SURE = 0.995


@dataclass(frozen=True)
class Window:
    """The newest ``leads`` of ``of`` leads, whose loss on the newest of them is lower by ``gain``
    a lead; nil where all are learned from."""

    leads: int
    of: int
    gain: float = 0.0

    @property
    def words(self) -> str:
        """What was left out, and why; empty where nothing was."""
        if self.leads == self.of:
            return ""
        return (
            f"It learned from the newest {self.leads:,} of {how_many(self.of, 'lead')}: of what "
            "becomes of the very newest they tell more than all together (log loss lower by "
            f"{self.gain:.4f}), as where the market has changed."
        )


def newest_that_tell(recipe: Recipe) -> tuple[Recipe, Window]:
    """The recipe on the leads of the best window alone, and which that is."""
    window = choose_window(recipe)
    if window.leads == window.of:
        return recipe, window
    rows = slice(window.of - window.leads, None)
    newest = replace(
        recipe,
        frame=recipe.frame.iloc[rows],
        labels=recipe.labels[rows],
        moments=recipe.moments[rows],
        units=recipe.units[rows],
        _learned={},
        _seconds={},
    )
    return newest, window


def choose_window(recipe: Recipe) -> Window:
    """Which of the newest leads to learn from; all where there is no order of time."""
    count, came = len(recipe.labels), arrivals(recipe.frame, recipe.moments)
    order = np.argsort(came, kind="stable")
    everything, labels = Window(count, count), recipe.labels[order]
    sizes = _sizes(labels)
    if not sizes or recipe.moments[0] == recipe.moments[-1]:
        return everything
    newest = order[-_newest(labels, FEWEST) :]
    folds = list(same_shares(recipe.labels[newest], FOLDS, recipe.seed, recipe.units[newest]))
    standing = _losses(recipe, order, newest, folds)
    gains = {size: standing - _losses(recipe, order[-size:], newest, folds) for size in sizes}
    if not any(_above_nil(gain) for gain in gains.values()):
        return everything
    means = {size: float(gain.mean()) for size, gain in gains.items()}
    largest = max(size for size, mean in means.items() if mean >= NEARLY * max(means.values()))
    looked_at_since = int((recipe.moments >= came[order[-largest]]).sum())
    return Window(looked_at_since, count, means[largest])


def _above_nil(gain: Vector) -> bool:
    """Whether what is gained (n) is more than chance explains (Student's t)."""
    error = float(gain.std(ddof=1)) / np.sqrt(len(gain))
    return bool(gain.mean() > t.ppf(SURE, len(gain) - 1) * error)


def _sizes(labels: np.ndarray) -> list[int]:
    """The windows to try, smallest first, as long as they leave a good part of all leads out."""
    rarer = min(int(labels.sum()), len(labels) - int(labels.sum()))
    sizes, wanted = [], float(FEWEST)
    while wanted <= rarer * 2 / 3:
        sizes.append(_newest(labels, int(wanted)))
        wanted *= GROWN
    return sizes


def _newest(labels: np.ndarray, rarer: int) -> int:
    """How many of the newest leads hold so many of each outcome."""
    backwards = labels[::-1]
    reached = np.minimum(np.cumsum(backwards), np.cumsum(1 - backwards)) >= rarer
    return int(reached.argmax()) + 1 if reached.any() else len(labels)


def _losses(recipe: Recipe, window: np.ndarray, newest: np.ndarray, folds: list[Split]) -> Vector:
    """Log loss of each of the newest leads (places), said by what learned from the window (places)
    without their part, and without copies of them. Calibrated on them: that more or fewer convert
    than before is no reason to forget who does."""
    raw = np.empty(len(newest))
    for _, held in folds:
        rows = newest[held]
        past = np.sort(window[~np.isin(recipe.units[window], recipe.units[rows])])
        raw[held] = recipe.learn_anew(LOGISTIC, past).raw(recipe.frame.iloc[rows])
    return block_losses([(raw, recipe.labels[newest])])[0]
