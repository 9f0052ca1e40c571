"""Off-policy replay: past leads as other strategies would have assigned them. Pure.

Past leads come again day by day, in the order they came; each strategy hands them out among the
same people, who are free of a lead after as long as it really stayed in work. What a choice is
worth is the probability of converting with whoever was chosen. Who was chosen, and what that is
worth, are judged by effects learned from different halves of the past, so that no strategy is
rewarded for the chance that made somebody look good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from features.how_many import how_many
from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.plan import Group, Plan, Setting, State
from leadflow.assignment.choice.rep_effects import RepEffects
from leadflow.assignment.choice.strategies import HybridWeights, StrategyName
from leadflow.assignment.snapshots import LeadSnapshot

Floats = NDArray[np.float64]
INTERVAL = (0.05, 0.95)
DRAWS = 400
# Sums of the same numbers in another order differ by less than this.
NOTHING = 1e-6
BASELINE: StrategyName = "round_robin"


@dataclass(frozen=True)
class PastLead:
    """A lead as it came, and how long it stayed in work."""

    facts: LeadSnapshot
    came_at: datetime
    in_work: timedelta


@dataclass(frozen=True)
class Estimate:
    """Expected conversions of one strategy, and its gain over round robin; ``low`` to ``high`` of
    the gain holds the truth in 9 of 10 cases."""

    strategy: str
    assigned: int
    conversions: float
    gain: float
    low: float
    high: float

    @property
    def clearly_better(self) -> bool:
        return self.low > NOTHING

    @property
    def clearly_worse(self) -> bool:
        return self.high < -NOTHING


def replay(
    past: Sequence[PastLead],
    setting: Setting,
    strategy: StrategyName,
    weights: HybridWeights,
    newcomers: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """The place of the salesperson each lead would have gone to, -1 where nobody had room."""
    limit = np.array([np.inf if rep.limit is None else rep.limit for rep in setting.reps], float)
    state = State(np.zeros(len(setting.reps)), limit, newcomers)
    plan = Plan(None, strategy, AssignActions(value="equal"), weights)
    chosen = np.full(len(past), -1, dtype=np.intp)
    leaving: list[tuple[datetime, int]] = []
    order = sorted(range(len(past)), key=lambda place: past[place].came_at)
    for day, places in groupby(order, key=lambda place: past[place].came_at.date()):
        today = list(places)
        leaving = _freed(leaving, state, past[today[0]].came_at)
        groups = [Group(plan, [past[place].facts for place in today])]
        # Nobody's hours or days off of today say anything about the past.
        for place, made in zip(today, decide(groups, setting, state, _noon(day)), strict=True):
            if made.rep is not None:
                chosen[place] = made.rep
                leaving.append((past[place].came_at + past[place].in_work, made.rep))
    return chosen


def compare(
    chosen: Mapping[str, NDArray[np.intp]],
    leads: Sequence[LeadSnapshot],
    judges: RepEffects,
    seed: int = 0,
) -> list[Estimate]:
    """Expected conversions of each strategy's choices by the judging effects, and the gain over
    round robin with its interval: leads drawn again and again (bootstrap), and effects drawn from
    what is left uncertain of them."""
    draw = np.random.default_rng(seed)
    segments = [lead.segment for lead in leads]
    own = np.array([lead.probability or 0.0 for lead in leads])
    worth = {name: _worth(judges, segments, own, who) for name, who in chosen.items()}
    gains: dict[str, list[float]] = {name: [] for name in chosen}
    for _ in range(DRAWS):
        weight = np.bincount(draw.integers(len(own), size=len(own)), minlength=len(own))
        drawn = judges.drawn(draw)
        base = _worth(drawn, segments, own, chosen[BASELINE]) @ weight
        for name, who in chosen.items():
            gains[name].append(float(_worth(drawn, segments, own, who) @ weight - base))
    estimates = []
    for name, who in chosen.items():
        low, high = np.quantile(gains[name], INTERVAL)
        estimates.append(
            Estimate(
                strategy=name,
                assigned=int((who >= 0).sum()),
                conversions=float(worth[name].sum()),
                gain=float(worth[name].sum() - worth[BASELINE].sum()),
                low=float(low),
                high=float(high),
            )
        )
    return sorted(estimates, key=lambda estimate: -estimate.conversions)


def verdict(estimates: Sequence[Estimate]) -> str:
    """Whether some strategy is clearly better than round robin, in a sentence."""
    better = [made for made in estimates if made.clearly_better]
    if not better:
        return (
            "No strategy is clearly better than round robin on these leads: the differences are "
            "within what chance makes."
        )
    best = better[0]
    return (
        f"{best.strategy} is clearly better than round robin: {best.gain:+.1f} conversions "
        f"({best.low:+.1f} to {best.high:+.1f}, 9 times in 10) of "
        f"{how_many(best.assigned, 'lead')}."
    )


def _worth(
    effects: RepEffects, segments: Sequence[str], own: Floats, who: NDArray[np.intp]
) -> Floats:
    """The probability of each lead with whoever it went to; 0 with nobody."""
    places = np.array([effects.place(segment) for segment in segments], dtype=np.intp)
    added = effects.effect(places, np.maximum(who, 0))
    bounded = np.clip(own, 1e-9, 1 - 1e-9)
    odds = bounded / (1 - bounded) * np.exp(added)
    return np.where(who >= 0, odds / (1 + odds), 0.0)


def _freed(
    leaving: list[tuple[datetime, int]], state: State, now: datetime
) -> list[tuple[datetime, int]]:
    for until, rep in leaving:
        if until <= now:
            state.load[rep] -= 1
    return [(until, rep) for until, rep in leaving if until > now]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
