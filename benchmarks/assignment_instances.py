"""Batches of leads and teams of reps to measure assignment on: made up, seeded, realistic."""

import numpy as np
from numpy.typing import NDArray

ROWS = 4_000


def batch(
    n_leads: int, n_reps: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Values of each pair and places of each rep.

    A pair is eligible where the rep covers the lead's territory (each rep 4 of 10, the larger
    ones more often) and has the skill it asks for (each rep about 2 of 6; a third of the leads
    ask for none): about 28 % of all. The value is what the lead is worth (log-normal) × the
    probability that this rep converts it: logistic of the lead's own chance + the rep's skill +
    how the rep fares in the lead's segment (of 12). Places add up to 1.2 × the leads.

    Returns:
        values: (n_leads, n_reps) float32, NaN where not eligible.
        capacity: (n_reps,).
    """
    rng = np.random.default_rng(seed)
    size = rng.dirichlet(np.full(10, 4.0))
    territory = rng.choice(10, n_leads, p=size)
    wanted = rng.choice(7, n_leads, p=[*[0.11] * 6, 0.34])
    segment = rng.integers(0, 12, n_leads)
    worth = rng.lognormal(8.0, 1.0, n_leads).astype(np.float32)
    base = rng.normal(-2.0, 0.8, n_leads).astype(np.float32)
    covers = _areas_of_reps(rng, size, n_reps)
    knows = np.column_stack([rng.random((n_reps, 6)) < 0.38, np.ones(n_reps, dtype=bool)])
    effect = rng.normal(0.0, 0.4, (n_reps, 1)) + rng.normal(0.0, 0.4, (n_reps, 12))
    effect = effect.astype(np.float32)
    values = np.empty((n_leads, n_reps), dtype=np.float32)
    for start in range(0, n_leads, ROWS):
        rows = slice(start, start + ROWS)
        logit = base[rows, None] + effect.T[segment[rows]]
        values[rows] = worth[rows, None] / (1 + np.exp(-logit))
        values[rows][~(covers.T[territory[rows]] & knows.T[wanted[rows]])] = np.nan
    share = rng.uniform(0.5, 1.5, n_reps)
    capacity = np.ceil(1.2 * n_leads * share / share.sum()).astype(np.int64)
    return values, capacity


def _areas_of_reps(
    rng: np.random.Generator, size: NDArray[np.float64], n_reps: int
) -> NDArray[np.bool_]:
    covers = np.zeros((n_reps, len(size)), dtype=bool)
    for rep in range(n_reps):
        covers[rep, rng.choice(len(size), 4, replace=False, p=size)] = True
    return covers
