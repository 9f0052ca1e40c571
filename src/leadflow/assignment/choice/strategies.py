"""Assignment strategies: pure functions that choose one of the eligible salespeople.

Each strategy gives every candidate its parts and a total. The highest total gets the lead; where
totals are equal, whoever has the larger share of their capacity free, then the lower id, so that
the same question always has the same answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
StrategyName = Literal[
    "round_robin",
    "skill_based",
    "territory_based",
    "workload_balanced",
    "performance_weighted",
    "hybrid",
    "optimal",
]
STRATEGY_NAMES: tuple[str, ...] = get_args(StrategyName)
# Totals are equal that are so to this many digits.
DIGITS = 6


@dataclass(frozen=True)
class HybridWeights:
    """What the hybrid strategy cares about; only their proportions count."""

    skill: float = 0.30
    territory: float = 0.15
    capacity: float = 0.20
    fairness: float = 0.15
    performance: float = 0.20

    @cached_property
    def shares(self) -> Floats:
        """Their proportions, in the order of the strategy's parts."""
        scale = np.array(
            [self.skill, self.territory, self.capacity, self.fairness, self.performance]
        )
        proportions: Floats = scale / scale.sum()
        return proportions


@dataclass(frozen=True)
class Case:
    """One lead and the salespeople who could have it: an array each, in the same order.

    ``skill``: mean level (of 5) in what the lead asks for, 1 where it asks for nothing;
    ``territory``: 1 who covers the most specific territory, 0.5 an overlay, 0 who works everywhere;
    ``load``, ``limit``: leads in work and most of them; ``owed``: leads owed by round robin;
    ``least``: leads owed of a newcomer's least share; ``turn``: what this lead adds to ``owed``;
    ``probability`` of converting with each of them; ``value`` if it converts.
    """

    skill: Floats
    territory: Floats
    load: Floats
    limit: Floats
    owed: Floats
    least: Floats
    turn: Floats
    probability: Floats
    value: float

    @cached_property
    def free(self) -> Floats:
        """Share of the capacity that is free; all of it where there is no limit."""
        return 1.0 - self.load / self.limit


# Totals (candidates,) and parts (candidates, parts).
Made = tuple[Floats, Floats]
Strategy = Callable[[Case, HybridWeights], Made]


def round_robin(case: Case, weights: HybridWeights) -> Made:
    """Everyone in turn, by weight: total = owed + the share of this lead.

    The accounts are those of ``turns.py`` (Fagin and Williams, 1983). For equal weights, where all
    can have every lead, nobody is ever more than one lead ahead.
    """
    return case.owed + case.turn, np.column_stack([case.owed, case.turn])


def skill_based(case: Case, weights: HybridWeights) -> Made:
    """Who knows best what the lead asks for: total = mean level / 5, unknown skills counting 0."""
    return case.skill, case.skill[:, None]


def territory_based(case: Case, weights: HybridWeights) -> Made:
    """Who is closest to the lead's part of the market: total = territory (1, 0.5 or 0)."""
    return case.territory, case.territory[:, None]


def workload_balanced(case: Case, weights: HybridWeights) -> Made:
    """Who has most room: total = 1 − (load + 1) / capacity, the share free after this lead.

    The weighted least-connections rule of load balancers, with capacities as weights.
    """
    total = 1.0 - (case.load + 1.0) / case.limit
    return total, np.column_stack([case.load, np.minimum(case.limit, 1e6)])


def performance_weighted(case: Case, weights: HybridWeights) -> Made:
    """Who converts such leads best: total = probability of converting with this salesperson, plus 1
    for a newcomer who is owed a whole lead of their least share.

    The probability moves the lead's own by what the salesperson adds to it, shrunk towards the team
    by empirical Bayes (``rep_effects.py``), so that whoever was given better leads gains nothing by
    it. Without a least share nobody new would ever show what they can do.
    """
    due = (case.least >= 1.0).astype(float)
    return case.probability + due, np.column_stack([case.probability, due])


def hybrid(case: Case, weights: HybridWeights) -> Made:
    """A weighted mean of parts between 0 and 1 (simple additive weighting).

    skill: mean level / 5. territory: as in ``territory_based``. capacity: share free. fairness:
    what is owed, from the least to the most owed candidate. performance: probability of converting
    against the best candidate's.
    """
    owed = case.owed - case.owed.min(initial=np.inf)
    most = owed.max(initial=0.0)
    fairness = owed / most if most > 0 else np.ones_like(owed)
    best = case.probability.max(initial=0.0)
    performance = case.probability / best if best > 0 else np.ones_like(owed)
    parts = np.empty((len(owed), len(weights.shares)))
    for place, part in enumerate((case.skill, case.territory, case.free, fairness, performance)):
        parts[:, place] = part
    return parts @ weights.shares, parts


def expected_value(case: Case, weights: HybridWeights) -> Made:
    """What the optimal strategy adds up over a batch: total = value × probability of converting."""
    total = case.value * case.probability
    return total, np.column_stack([case.probability, np.full_like(total, case.value)])


STRATEGIES: dict[str, Strategy] = {
    "round_robin": round_robin,
    "skill_based": skill_based,
    "territory_based": territory_based,
    "workload_balanced": workload_balanced,
    "performance_weighted": performance_weighted,
    "hybrid": hybrid,
    "optimal": expected_value,
}
# Strategies that go by whose turn it is, and so keep the accounts.
IN_TURN = frozenset({"round_robin", "hybrid"})
PARTS: dict[str, tuple[str, ...]] = {
    "round_robin": ("owed", "share"),
    "skill_based": ("skill",),
    "territory_based": ("territory",),
    "workload_balanced": ("load", "limit"),
    "performance_weighted": ("probability", "newcomer"),
    "hybrid": ("skill", "territory", "capacity", "fairness", "performance"),
    "optimal": ("probability", "value"),
}


class UnknownStrategy(ValueError):
    """There is no strategy of this name."""


def find_strategy(name: str) -> Strategy:
    """The strategy of this name.

    Raises:
        UnknownStrategy: names the ones there are.
    """
    try:
        return STRATEGIES[name]
    except KeyError:
        known = ", ".join(STRATEGIES)
        raise UnknownStrategy(f"There is no strategy {name}; choose one of: {known}.") from None


def order(totals: Floats, free: Floats) -> NDArray[np.intp]:
    """Places of the candidates, the best first; they come in the order of their ids."""
    ids = np.arange(len(totals))
    return np.lexsort((ids, -free.round(DIGITS), -totals.round(DIGITS)))


def best(totals: Floats, free: Floats) -> int:
    """The first place of ``order``, without the others."""
    rounded = totals.round(DIGITS)
    (equal,) = (rounded == rounded.max()).nonzero()
    if len(equal) == 1:
        return int(equal[0])
    # Where a total is no number, none is the largest.
    return int(equal[free[equal].round(DIGITS).argmax()] if len(equal) else order(totals, free)[0])
