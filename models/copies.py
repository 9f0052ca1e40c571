"""Copies: leads that stand in the data more than once, or nearly so.

A lead that is learned from and judged on at the same time is judged too well. Two leads may look
alike by chance too, where little is known of them: they are taken for copies only where all that
they share is improbable to meet twice, and where they ended alike as copies do.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from features.feature import Feature, FeatureKind
from models.coincidence import surprise
from models.encoding import Matrix, numbers
from models.row_order import mixed, value_hashes

# Leads that are alike by chance: so many, at most, are to be expected for what two copies share.
# The most that outcomes bear out is taken. There are many ways to be nearly the same, and one to be
# the same in everything.
EXACT, NEARLY = (0.1, 1e-2, 1e-3, 1e-4, 1e-6), (1e-3, 1e-4, 1e-6)
# Of the copies of leads that ended in the rarer way, so many did too.
ALIKE = 0.95
# So many of them must say so, but where everything known of two leads is the same and hardly to be
# met twice.
FEWEST_PAIRS, CERTAIN = 30, 1e-4
# Near copies may differ in two of so many parts of what is known, and in each number by a little: a
# tenth of its spread, on either of two grids.
PARTS, MOST_PARTS_APART = 5, 2
GRID, GRIDS = 0.1, (0.0, 0.5)
FEWEST_FEATURES = 3
# Fewer different leads may each be there twice by chance.
FEWEST_DIFFERENT = 10


def find_copies(frame: pd.DataFrame, labels: np.ndarray, features: Sequence[Feature]) -> np.ndarray:
    """Which lead (n) each is: the same number for all copies of one, from 0 in order of their first
    place."""
    varying = sorted(
        (f for f in features if frame[f.name].nunique(dropna=False) > 1), key=lambda f: f.name
    )
    ones = np.arange(len(frame))
    if len(varying) < FEWEST_FEATURES or not len(frame):
        return ones
    whole = _whole_data_over_again(frame, labels, varying)
    if whole is not None:
        return whole
    first, second = [], []
    for keys, improbable, exact in _ways_to_be_alike(frame, varying):
        one, other = _pairs(keys, improbable, labels, exact)
        first.append(one)
        second.append(other)
    return _joined(np.concatenate(first), np.concatenate(second), len(frame))


def copies(units: np.ndarray) -> int:
    """How many leads are copies of one that is there already."""
    return len(units) - len(np.unique(units))


def _whole_data_over_again(
    frame: pd.DataFrame, labels: np.ndarray, features: Sequence[Feature]
) -> np.ndarray | None:
    """The units where every lead stands there twice, or as many times more: then those that are
    alike by chance are known to have copies too. None where that is not so."""
    values = np.array([value_hashes(frame[feature.name]) for feature in features])
    salted = [mixed(of_one + np.uint64(place)) for place, of_one in enumerate(values)]
    keys = np.sum([*salted, mixed(labels.astype(np.uint64))], axis=0)
    _, group, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    times = int(np.gcd.reduce(sizes))
    if times < 2 or len(sizes) < FEWEST_DIFFERENT:
        return None
    order = np.argsort(group, kind="stable")
    within = np.empty(len(keys), dtype=np.int64)
    within[order] = np.arange(len(keys)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return _numbered(group * len(keys) + within // times)


def _ways_to_be_alike(
    frame: pd.DataFrame, features: Sequence[Feature]
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """For each way in which leads may be copies a key (n) that copies share, how improbable (n, in
    log-odds) what they share is, and whether that is everything."""
    exact = [value_hashes(frame[feature.name]) for feature in features]
    parts = np.arange(len(features)) % PARTS
    for grid in (None, *GRIDS):
        hashes = exact if grid is None else _on_grid(frame, features, exact, grid)
        rarity = surprise(np.array([np.unique(h, return_inverse=True)[1] for h in hashes]))
        salted = np.array([mixed(h + np.uint64(place)) for place, h in enumerate(hashes)])
        for without in range(1 if grid is None else MOST_PARTS_APART + 1):
            for left_out in combinations(range(PARTS), without):
                kept = ~np.isin(parts, left_out)
                if kept.sum() >= FEWEST_FEATURES:
                    yield salted[kept].sum(axis=0), rarity[kept].sum(axis=0), grid is None


def _on_grid(
    frame: pd.DataFrame, features: Sequence[Feature], exact: Sequence[np.ndarray], grid: float
) -> list[np.ndarray]:
    """A number (n) a value of each feature; numbers in one cell of the grid have one."""
    return [
        _cells(numbers(frame[feature.name]), grid)
        if feature.kind is FeatureKind.NUMERIC
        else hashes
        for feature, hashes in zip(features, exact, strict=True)
    ]


def _cells(values: Matrix, grid: float) -> np.ndarray:
    if np.isnan(values).all():
        return np.zeros(len(values), dtype=np.uint64)
    low, high = np.nanquantile(values, [0.1, 0.9])
    # Eight tenths of the leads lie within about two and a half spreads.
    cell = GRID * (high - low) / 2.5
    return value_hashes(pd.Series(np.floor(values / cell + grid) if cell > 0 else values))


def _pairs(
    keys: np.ndarray, improbable: np.ndarray, labels: np.ndarray, exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours among leads with the same key, where they are copies and do not only
    look alike."""
    _, group, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    several = np.flatnonzero(sizes[group] > 1)
    several = several[np.argsort(group[several], kind="stable")]
    for expected in EXACT if exact else NEARLY:
        rows = several[improbable[several] > np.log(len(sizes) / expected)]
        certain = exact and expected <= CERTAIN
        if _ended_alike(group[rows], labels[rows] == int(labels.mean() <= 0.5), certain):
            same = group[rows][1:] == group[rows][:-1]
            return rows[:-1][same], rows[1:][same]
    return several[:0], several[:0]


def _ended_alike(group: np.ndarray, rarer: np.ndarray, certain: bool) -> bool:
    """Whether leads of one group (n) ended in the rarer way (n) together, as copies do; where they
    are ``certain`` to be copies, whether nothing speaks against it."""
    of_group = np.bincount(group)
    rare = np.bincount(group, weights=rarer)
    pairs, agreeing = float((rare * (of_group - 1)).sum()), float((rare * (rare - 1)).sum())
    return agreeing >= ALIKE * pairs and (certain or pairs >= FEWEST_PAIRS)


def _joined(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """The number of the unit that each of ``count`` leads belongs to, given pairs of the same."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    linked = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    _, unit = connected_components(linked, directed=False)
    return _numbered(unit)


def _numbered(units: np.ndarray) -> np.ndarray:
    """The same units, numbered from 0 in order of their first place."""
    _, first_place, number = np.unique(units, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first_place))[number])
