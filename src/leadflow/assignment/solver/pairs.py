"""Candidate pairs of lead and salesperson, chosen out of millions that are possible."""

from dataclasses import dataclass

import numpy as np

from leadflow.assignment.solver.grid import FloatArray, FloatMatrix, Grid, IntArray

SEED = 20_261
# Of the range of values: parts what ties, moves nothing that matters.
JITTER = 2.0**-16


@dataclass(frozen=True)
class Pairs:
    """Pairs that are weighed, by lead and then rep; all arrays are (n_pairs,).

    ``gain`` is the whole value on the grid.
    """

    lead: IntArray
    rep: IntArray
    gain: IntArray

    @classmethod
    def at(cls, keys: IntArray, values: FloatMatrix, grid: Grid) -> "Pairs":
        """The pairs of keys = lead × number of reps + rep, which are sorted and distinct."""
        lead, rep = np.divmod(keys, values.shape[1])
        return cls(lead, rep, grid.whole(values[lead, rep]).astype(np.int64))


def eligible(values: FloatMatrix) -> IntArray:
    """Keys of all pairs that are not NaN."""
    return np.flatnonzero(~np.isnan(values))


def promising(values: FloatMatrix, grid: Grid, prices: FloatArray, each: int) -> IntArray:
    """Keys of each lead's ``each`` most profitable pairs at the reps' prices.

    Equal profits are told apart by a little noise, another for each lead: otherwise leads to
    which all reps are equal would all name the same few.
    """
    n_reps = values.shape[1]
    noise = np.random.default_rng(SEED).random(2 * n_reps) * (JITTER * grid.top)
    windows = np.lib.stride_tricks.sliding_window_view(noise, n_reps)
    found = []
    for start, profit in grid.profits(values, prices):
        leads = np.arange(start, start + len(profit))
        profit += windows[leads * 7919 % n_reps]
        found.append(_highest(profit, leads, each, -np.inf))
    return np.sort(np.concatenate(found))


def surpassing(
    values: FloatMatrix, grid: Grid, prices: FloatArray, reached: FloatArray, each: int
) -> tuple[IntArray, FloatArray]:
    """Pairs that beat what their lead has reached, and the best profit of each lead.

    Args:
        reached: (n_leads,) the best profit of the lead over the pairs weighed so far, ≥ 0.
        each: how many pairs of a lead at most.

    Returns:
        The keys, and (n_leads,) the best profit over all pairs, at least 0: nobody has it.
    """
    found = [np.empty(0, dtype=np.int64)]
    best = np.zeros(len(values))
    for start, profit in grid.profits(values, prices):
        rows = slice(start, start + len(profit))
        np.maximum(profit.max(axis=1), 0, out=best[rows])
        beaten = np.flatnonzero(best[rows] > reached[rows])
        if len(beaten):
            profit = profit[beaten] - reached[rows][beaten, None]
            found.append(_highest(profit, beaten + start, each, 0.0))
    return np.concatenate(found), best


def _highest(profit: FloatArray, leads: IntArray, each: int, above: float) -> IntArray:
    """Keys of each row's highest entries above a bound; overwrites profit.

    The maximum again and again: numpy finds it forty times as fast as a partition.
    """
    found = []
    rows = np.arange(len(profit))
    for _ in range(min(each, profit.shape[1])):
        rep = profit.argmax(axis=1)
        good = profit[rows, rep] > above
        if not good.any():
            break
        found.append(leads[good] * profit.shape[1] + rep[good])
        profit[rows, rep] = -np.inf
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
