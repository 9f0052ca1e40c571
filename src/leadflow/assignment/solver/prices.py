"""Dual prices of the flow problem (the worth of a place with each salesperson), and the bound they
prove."""

import numpy as np

from leadflow.assignment.solver.grid import FloatArray, Grid, IntArray
from leadflow.assignment.solver.min_cost_flow import Places
from leadflow.assignment.solver.pairs import Pairs


def prices_of(
    pairs: Pairs, used: IntArray, places: Places, grid: Grid, near: FloatArray, copies: int = 1
) -> FloatArray:
    """Dual prices of the reps, (n_reps,), at which no pair weighed is missed by an optimal flow.

    The conditions on them are differences (complementary slackness): a lead with rep r that could
    be with s says price[s] ≥ price[r] − loss[r, s], where loss is the least that any of r's leads
    loses by moving; a rep with room has price ≤ 0, a rep's price is at most what its least lead
    brings, and so on. So they are longest paths over the reps alone (Bellman-Ford; Ahuja, Magnanti
    and Orlin, "Network Flows", 1993, ch. 9). Of the many solutions the lowest is taken that is not
    below ``near`` where it need not be: prices that stay put bring up few new pairs.
    """
    load = _load(pairs, used, places)
    loss = _least_losses(pairs, used, len(load))
    wanting = (places.least > 0) & (load <= places.least)
    lower = np.where(wanting, -float(grid.prize), 0.0)
    left = np.bincount(pairs.lead, weights=used, minlength=1)[pairs.lead] < copies
    np.maximum.at(lower, pairs.rep[left], pairs.gain[left] + float(grid.prize))
    upper = np.where(load < places.capacity, 0.0, np.inf)
    upper[load < places.least] = -float(grid.prize)
    taken = used > 0
    np.minimum.at(upper, pairs.rep[taken], pairs.gain[taken] + float(grid.prize))
    upper = _settled(-upper, loss.T, len(load))
    return _settled(np.maximum(lower, np.minimum(near, -upper)), loss, len(load))


def dual_sum(best: FloatArray, prices: FloatArray, places: Places, grid: Grid) -> int:
    """An upper bound on gains and prizes of every flow, given each lead's best profit (n_leads,).

    Σ best profit + Σ over reps of the most that k ≤ capacity places bring at the price, prizes
    for the first ``least`` of them included (Lagrange's relaxation of the capacities). Exact.
    """
    price = prices.astype(np.int64)
    rents = places.least * np.maximum(price + grid.prize, 0)
    rents += (places.capacity - places.least) * np.maximum(price, 0)
    return int(best.astype(np.int64).sum()) + int(rents.sum())


def flow_sum(pairs: Pairs, used: IntArray, places: Places, grid: Grid) -> tuple[int, int]:
    """Gains and prizes of a flow: (sum of whole values, number of prizes)."""
    met = np.minimum(_load(pairs, used, places), places.least)
    return int((pairs.gain * used).sum()), int(used.sum() + met.sum())


def _load(pairs: Pairs, used: IntArray, places: Places) -> IntArray:
    load = np.zeros(len(places.capacity), dtype=np.int64)
    np.add.at(load, pairs.rep, used)
    return load


def _least_losses(pairs: Pairs, used: IntArray, n_reps: int) -> FloatArray:
    """(r, s): the least that a lead of r loses by moving to s; infinite where none can."""
    taken = np.flatnonzero(used)
    first = np.searchsorted(pairs.lead, pairs.lead[taken])
    count = np.searchsorted(pairs.lead, pairs.lead[taken], side="right") - first
    other = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
    mine = np.repeat(taken, count)
    loss = np.full(n_reps * n_reps, np.inf)
    where = pairs.rep[mine] * n_reps + pairs.rep[other]
    np.minimum.at(loss, where, (pairs.gain[mine] - pairs.gain[other]).astype(np.float64))
    return loss.reshape(n_reps, n_reps)


def _settled(bound: FloatArray, loss: FloatArray, rounds: int) -> FloatArray:
    """The lowest x ≥ bound with x[s] ≥ x[r] − loss[r, s]."""
    for _ in range(rounds):
        higher = np.maximum(bound, (bound[:, None] - loss).max(axis=0))
        if np.array_equal(higher, bound):
            break
        bound = higher
    return bound
