"""What assignment is worth on a market whose truth is known: conversions by strategy.

Salespeople of the simulated market sell better in some industries than in others. They get 20,000
leads by round robin in half a year, from whose outcomes their effects are learned; then every
strategy hands out 20,000 new leads in the next half, and what it did is judged by the true
probabilities, without the noise of single outcomes. Meanwhile outcomes go on coming in, each when
its lead converts, and what is known is worked out anew before each batch, as the store does daily.
0 % is round robin, 100 % the optimal assignment of somebody who knows the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.rows import Row
from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.conversion_times import share_by
from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.fit_known import FitKnown
from leadflow.assignment.choice.plan import Covering, Group, Plan, Setting, State, with_effects
from leadflow.assignment.choice.rep_effects import Counts, RepEffects, fit_effects
from leadflow.assignment.choice.strategies import StrategyName
from leadflow.assignment.snapshots import LeadSnapshot, RepSnapshot

SEEDS = (1, 2, 3)
LEADS, REPS, BATCH = 20_000, 60, 1_000
# Days that each half takes, and in which a lead converts if it does; outcomes needed of each kind.
DAYS, HORIZON, LEAST = 182.5, 90.0, 40
LITTLE = (0, 1_000)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Past and new leads, the people, and what each really adds, (reps, industries)."""

    past: list[LeadSnapshot]
    new: list[LeadSnapshot]
    reps: tuple[RepSnapshot, ...]
    industries: tuple[str, ...]
    truth: Floats
    covering: Covering
    seed: int

    def true_chances(self, leads: Sequence[LeadSnapshot]) -> Floats:
        """The true probability of each lead with each salesperson, (leads, reps)."""
        place = {name: column for column, name in enumerate(self.industries)}
        nothing = len(self.industries)
        added = np.column_stack([self.truth, np.zeros(len(self.reps))])
        segments = [place.get(lead.segment, nothing) for lead in leads]
        own = np.array([lead.probability or 0.0 for lead in leads])
        odds = (own / (1 - own))[:, None] * np.exp(added.T[segments])
        chances: Floats = odds / (1 + odds)
        return chances


def rows(console: Console) -> list[Row]:
    """Expected conversions of round robin, the share of the possible gain of each way, means over
    the seeds; and what sweeps that choose their strategy themselves reach with less history."""
    with console.status("Handing out leads of simulated markets …"):
        found = [_conversions(seed) for seed in SEEDS]
        short = {past: _with_little_history(SEEDS[0], past) for past in LITTLE}
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    base, oracle = mean["round_robin"], mean["oracle"]

    def share(name: str) -> float:
        return 100 * (mean[name] - base) / (oracle - base)

    named = f"{LEADS:,} simulated leads x {REPS} salespeople"
    told, of_all = "round robin's conversions", "share of the possible gain"
    measured = [
        Row(f"{named}: conversions, optimal", mean["optimal"], "", base, None, told, base),
        Row(f"{named}: conversions, oracle", mean["oracle"], "", None, None, told, base),
        Row(f"{of_all}, optimal", share("optimal"), "%", None, None, "oracle", 100),
        Row("… of the last third", share_late(found), "%", None, None, "oracle", 100),
        Row("… learning nothing meanwhile", share("learned before"), "%"),
        Row(f"{of_all}, performance weighted", share("performance_weighted"), "%"),
        Row(f"{of_all}, hybrid", share("hybrid"), "%", None, None, "oracle", 100),
    ]
    for past, (automatic, hybrid) in short.items():
        what = f"automatic with {past:,} past leads, against hybrid"
        measured.append(Row(what, automatic, "", hybrid, None, "hybrid", hybrid))
    return measured


def share_late(found: Sequence[dict[str, float]]) -> float:
    """The share of the possible gain that optimal reaches in the last third of the time."""
    base, best, oracle = (
        float(np.mean([one[f"{name} late"] for one in found]))
        for name in ("round_robin", "optimal", "oracle")
    )
    return 100 * (best - base) / (oracle - base)


def _conversions(seed: int) -> dict[str, float]:
    market = _market(seed)
    first = Handing(market, "round_robin").chosen
    ways = {
        "round_robin": Handing(market, "round_robin", new=True),
        "performance_weighted": Handing(market, "performance_weighted", first, new=True),
        "hybrid": Handing(market, "hybrid", first, new=True),
        "optimal": Handing(market, "optimal", first, new=True),
        "learned before": Handing(market, "optimal", first, new=True, goes_on=False),
        "oracle": Handing(market, "optimal", new=True, knows=True),
    }
    worth = {name: way.worth() for name, way in ways.items()}
    late = {f"{name} late": way.worth(LEADS * 2 // 3) for name, way in ways.items()}
    return worth | late


def _with_little_history(seed: int, past: int) -> tuple[float, float]:
    """Conversions of sweeps that choose their strategy themselves, and of hybrid."""
    market = _market(seed)
    first = Handing(market, "round_robin").chosen
    first[: LEADS - past] = -1
    return (
        Handing(market, None, first, new=True).worth(),
        Handing(market, "hybrid", first, new=True).worth(),
    )


class Handing:
    """Leads of a market handed out in batches, each of which finds everybody with room for a
    quarter more than their share; the past ones, or new ones after a ``first`` choice of the past.

    ``strategy`` None: chosen by what is known. ``goes_on``: what is known is worked out anew before
    each batch; ``knows`` the truth instead.
    """

    def __init__(
        self,
        market: Market,
        strategy: StrategyName | None,
        first: NDArray[np.intp] | None = None,
        new: bool = False,
        goes_on: bool = True,
        knows: bool = False,
    ) -> None:
        self._market, self._strategy, self._knows = market, strategy, knows
        self._leads = market.new if new else market.past
        self._truth = market.true_chances(self._leads)
        self._past = None if first is None else _History.of(market, first)
        self.chosen = np.full(len(self._leads), -1, dtype=np.intp)
        reps = len(market.reps)
        room = np.full(reps, np.ceil(1.25 * BATCH / reps))
        state = State(np.zeros(reps), room, np.zeros(reps, dtype=bool))
        effects = None
        for start in range(0, len(self._leads), BATCH):
            if effects is None or goes_on:
                effects = self._known(start)
            state.load[:] = 0
            self._batch(start, effects, state)

    def worth(self, since: int = 0) -> float:
        """The conversions to be expected, of all leads or those from one on."""
        given = np.flatnonzero(self.chosen[since:] >= 0) + since
        return float(self._truth[given, self.chosen[given]].sum())

    def _known(self, start: int) -> RepEffects | None:
        if self._past is None:
            return None
        made = _History.of(self._market, self.chosen[:start], new=True)
        return self._past.joined(made).effects(self._market, _day(start))

    def _batch(self, start: int, effects: RepEffects | None, state: State) -> None:
        market = self._market
        chances = with_effects(effects) if effects is not None else market.true_chances
        strategy = self._strategy or ("optimal" if _enough(effects) else "hybrid")
        setting = Setting(market.reps, frozenset(), market.covering, chances)
        plan = Plan(None, strategy, AssignActions(value="equal"))
        batch = self._leads[start : start + BATCH]
        for place, made in enumerate(decide([Group(plan, batch)], setting, state, NOW)):
            self.chosen[start + place] = -1 if made.rep is None else made.rep


def _enough(effects: RepEffects | None) -> bool:
    if effects is None:
        return False
    leads, converted = round(effects.leads.sum()), round(effects.converted)
    return FitKnown(leads, converted, effects.apart, LEAST).enough


def _day(place: int) -> float:
    """When a lead comes, in days from the first new one; past ones have places below 0."""
    return place * DAYS / LEADS


@dataclass(frozen=True)
class _History:
    """Leads that were handed out: to whom, of which segment and chance, on which day, and after how
    many days they converted, infinite where they never do."""

    rep: NDArray[np.intp]
    segment: NDArray[np.intp]
    probability: Floats
    day: Floats
    after: Floats

    @classmethod
    def of(cls, market: Market, chosen: NDArray[np.intp], new: bool = False) -> "_History":
        """From who got the first leads of one half. Whether and when a lead converts with somebody
        is the same whichever strategy gives it to them."""
        leads, seed = (market.new, 6) if new else (market.past, 5)
        draw = np.random.default_rng([market.seed, seed])
        luck, after = draw.random(len(leads)), 5 + 75 * draw.beta(1.5, 2.5, len(leads))
        given = np.flatnonzero(chosen >= 0)
        truth = market.true_chances([leads[place] for place in given])
        won = luck[given] < truth[np.arange(len(given)), chosen[given]]
        places = {name: place for place, name in enumerate(_segments(market))}
        return cls(
            chosen[given],
            np.array([places[leads[place].segment] for place in given], dtype=np.intp),
            np.array([leads[place].probability for place in given], dtype=np.float64),
            (given - (0 if new else LEADS)) * DAYS / LEADS,
            np.where(won, after[given], np.inf),
        )

    def joined(self, other: "_History") -> "_History":
        """Both together."""
        names = ("rep", "segment", "probability", "day", "after")
        return _History(*(np.concatenate([vars(self)[n], vars(other)[n]]) for n in names))

    def effects(self, market: Market, day: float) -> RepEffects:
        """What is known of salespeople on a day."""
        age = day - self.day
        times = self.after[(age >= HORIZON) & (self.after < HORIZON)]
        share = share_by(age, times, HORIZON)
        told = share > 0
        segments = _segments(market)
        counts = Counts.of(
            self.rep[told],
            self.segment[told],
            (self.probability * share)[told],
            (self.after <= np.minimum(age, HORIZON))[told],
            (len(market.reps), len(segments)),
        )
        return fit_effects(counts, [rep.rep_id for rep in market.reps], segments)


def _segments(market: Market) -> list[str]:
    return ["", *market.industries]


@cache
def _market(seed: int) -> Market:
    from leadflow.leads.places import place
    from leadflow.simulation.catalogue import INDUSTRIES
    from leadflow.simulation.market import generate
    from leadflow.simulation.team import true_selling

    leads = []
    for block in generate(seed, 2 * LEADS, 12, NOW):
        chances = block.truth["probability_at_creation"]
        for row, chance in zip(block.leads.to_dict("records"), chances, strict=True):
            country, region = place(row["location"] if isinstance(row["location"], str) else None)
            leads.append(
                LeadSnapshot(
                    lead_id=row["external_id"],
                    country=country,
                    region=region,
                    industry=row["industry"] if isinstance(row["industry"], str) else None,
                    wants=frozenset(row["service_requirements"]),
                    level="hot",
                    probability=float(chance),
                )
            )
    industries = tuple(INDUSTRIES)
    reps, covering = _people(seed)
    effects = [one["effect"] for one in true_selling(seed, REPS)]
    return Market(
        past=leads[:LEADS],
        new=leads[LEADS:],
        reps=reps,
        covering=covering,
        seed=seed,
        industries=industries,
        truth=np.array(effects).reshape(REPS, len(industries)),
    )


def _people(seed: int) -> tuple[tuple[RepSnapshot, ...], Covering]:
    """Salespeople as they are in the simulated market, and whose territory a lead is in."""
    from leadflow.assignment.team.faults import territory_facts
    from leadflow.assignment.territory.tree import TerritoryTree
    from leadflow.simulation.team import make_team

    team = make_team(seed, REPS, LEADS)
    people = [rep for rep in team.reps if rep.capacity is not None]
    reps = tuple(
        RepSnapshot(
            rep_id=rep.id,
            capacity=rep.capacity,
            skills=rep.skills,
            territories=frozenset(rep.territories),
        )
        for rep in people
    )
    tree = TerritoryTree([territory_facts(area) for area in team.territories])
    staffed = frozenset(name for rep in people for name in rep.territories)
    return reps, lambda lead: tree.covering(lead, staffed)
