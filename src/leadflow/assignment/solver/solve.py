"""Gives a whole batch of leads to reps so that the values add up to as much as possible.

What comes before what: as many leads as possible are given out, and as many of them as possible
count towards the reps' least; then the sum of values is as large as possible. The first two never
compete: leads given to certain places can be topped up to the most leads without emptying any of
those places (augmenting paths end where nothing was). So one whole-number prize does it, for each
lead given out and again for each that counts towards a least, larger than all that making room
for one more can cost (grid.py).

How: a flow of least cost over leads and reps. Up to a million pairs are weighed at once. Of more:

1. A sample of the leads, each standing for many, gives first prices of the reps' places.
2. Each lead's best pairs at these prices are weighed, which gives the best flow over them and
   the reps' exact dual prices (prices.py).
3. Pairs left out that beat what their lead has at these prices are added, and 2. is repeated.
   When there are none, the flow is optimal over all pairs, by duality of linear programs (column
   generation; Gilmore and Gomory, 1961). The same prices bound every assignment from above, so
   it ends as soon as what could still be won is below ``CLOSE`` of the objective.

Why: 100,000 leads × 1,000 reps with 28 million pairs took 14 to 21 s and 0.8 GB on one core, to the
same sum of values as all pairs at once, which took 37 s and 3.4 GB. A sample of 10,000 leads and
8 pairs a lead ended after 2 flows, 2,500 and 4 after 4 flows and 21 s. At 10,000 × 200 all pairs at
once took 0.6 s; greedy reached 98.2 % of the optimum. `make bench-assignment` measures it.
"""

from dataclasses import dataclass

import numpy as np

from leadflow.assignment.solver.grid import FloatArray, FloatMatrix, Grid, IntArray
from leadflow.assignment.solver.min_cost_flow import Places, best_flow
from leadflow.assignment.solver.pairs import SEED, Pairs, eligible, promising, surpassing
from leadflow.assignment.solver.prices import dual_sum, flow_sum, prices_of

ALL_AT_ONCE = 1_000_000
SAMPLE_PAIRS = 3_000_000
SHARE = 10
EACH = 8
MORE = 4
CLOSE = 1e-7


@dataclass(frozen=True)
class Solution:
    """Who gets which lead.

    Attributes:
        rep_of: (n_leads,), index of the rep, −1 where nobody.
        objective: the sum of the values of the chosen pairs.
        bound: no assignment of as many leads that meets the lower bounds as far has a larger sum;
            proved by dual prices. It is at most one step of the grid a lead (2^-30 of the range
            of the values: rounding) and ``CLOSE`` of the objective above the objective. For
            ``greedy`` it is infinite: nothing is proved.
    """

    rep_of: IntArray
    objective: float
    bound: float


def solve(values: FloatMatrix, capacity: IntArray, least: IntArray | None = None) -> Solution:
    """The assignment with the largest sum of values; the same answer for the same question.

    Args:
        values: (n_leads, n_reps), float32 or float64; NaN where the rep may not have the lead.
        capacity: (n_reps,), the most leads that a rep gets from this batch; below 0 counts as 0.
            For a fairness upper bound give the lower of the two.
        least: (n_reps,), leads that a rep should get at least; more than the capacity counts as
            the capacity. Where they cannot all be met, the leads missing are as few as possible.

    Raises:
        ValuesNotFinite: some value is infinite.
        FlowNotSolved: the batch is beyond what 63 bits can weigh.
    """
    grid = Grid.over(values)
    if grid is None:
        return Solution(np.full(len(values), -1, dtype=np.int64), 0.0, 0.0)
    places = _places(capacity, least, values.shape[1])
    keys, prices = _first_pairs(values, places, grid)
    each = MORE
    while True:
        pairs = Pairs.at(keys, values, grid)
        used = best_flow(pairs, places, len(values), grid)
        prices = prices_of(pairs, used, places, grid, near=prices)
        new, best = surpassing(
            values, grid, prices, _reached(pairs, prices, grid, len(values)), each
        )
        gains, prizes = flow_sum(pairs, used, places, grid)
        gap = dual_sum(best, prices, places, grid) - gains - prizes * grid.prize
        found = _solution(values, pairs, used, grid, gap)
        # Half a prize: the most leads are given out, whatever the values.
        if len(new) == 0 or gap <= min(CLOSE * abs(found.objective) / grid.step, grid.prize // 2):
            return found
        keys, each = np.union1d(keys, new), 2 * each


def greedy(values: FloatMatrix, capacity: IntArray) -> Solution:
    """The best pair of all first, then the best of those left, until no pair is left.

    Args and errors as ``solve``. Equal pairs go by lead, then rep. To compare with: it neither
    gives out as many leads as possible nor reaches the largest sum.
    """
    keys = eligible(values)
    gains = values.reshape(-1)[keys]
    keys = keys[np.argsort(-gains, kind="stable")]
    rep_of = np.full(len(values), -1, dtype=np.int64)
    room = np.maximum(np.asarray(capacity, dtype=np.int64), 0).copy()
    step = 1 << 15
    for start in range(0, len(keys), step):
        lead, rep = np.divmod(keys[start : start + step], values.shape[1])
        open_still = (rep_of[lead] < 0) & (room[rep] > 0)
        for one, to in zip(lead[open_still].tolist(), rep[open_still].tolist(), strict=True):
            if rep_of[one] < 0 and room[to] > 0:
                rep_of[one] = to
                room[to] -= 1
    return Solution(rep_of, _objective(values, rep_of), np.inf)


def _places(capacity: IntArray, least: IntArray | None, n_reps: int) -> Places:
    most = np.maximum(np.asarray(capacity, dtype=np.int64), 0)
    fewest = np.zeros(n_reps, dtype=np.int64) if least is None else np.asarray(least, np.int64)
    return Places(most, np.clip(fewest, 0, most))


def _first_pairs(values: FloatMatrix, places: Places, grid: Grid) -> tuple[IntArray, FloatArray]:
    """Keys to weigh first, and prices to start from."""
    n_leads, n_reps = values.shape
    nothing = np.zeros(n_reps)
    possible = values.size - int(np.count_nonzero(np.isnan(values)))
    if possible <= ALL_AT_ONCE:
        return eligible(values), nothing
    size = max(1, min(n_leads // SHARE, n_leads * SAMPLE_PAIRS // possible))
    rows = np.random.default_rng(SEED).choice(n_leads, size, replace=False)
    sample, copies = values[np.sort(rows)], n_leads // size
    part = size * copies / n_leads
    fewer = Places((places.capacity * part).astype(int), (places.least * part).astype(int))
    pairs = Pairs.at(eligible(sample), sample, grid)
    used = best_flow(pairs, fewer, size, grid, copies)
    prices = prices_of(pairs, used, fewer, grid, nothing, copies)
    return promising(values, grid, prices, EACH), prices


def _reached(pairs: Pairs, prices: FloatArray, grid: Grid, n_leads: int) -> FloatArray:
    """(n_leads,) the best profit of each lead over the pairs weighed; 0: nobody has it."""
    reached = np.zeros(n_leads)
    np.maximum.at(reached, pairs.lead, pairs.gain - (prices[pairs.rep] - grid.prize))
    return reached


def _solution(values: FloatMatrix, pairs: Pairs, used: IntArray, grid: Grid, gap: int) -> Solution:
    rep_of = np.full(len(values), -1, dtype=np.int64)
    chosen = used > 0
    rep_of[pairs.lead[chosen]] = pairs.rep[chosen]
    objective = _objective(values, rep_of)
    gains = int(pairs.gain[chosen].sum())
    count = int(chosen.sum())
    bound = (gains + gap + count / 2) * grid.step + count * grid.low
    return Solution(rep_of, objective, max(bound, objective))


def _objective(values: FloatMatrix, rep_of: IntArray) -> float:
    given = np.flatnonzero(rep_of >= 0)
    return float(values[given, rep_of[given]].sum(dtype=np.float64))
