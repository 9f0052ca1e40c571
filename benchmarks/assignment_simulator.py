"""What assignment is worth on a market whose truth is known: conversions by strategy.

Salespeople of the simulated market sell better in some industries than in others. They get 20,000
leads by round robin, from whose outcomes their effects are learned; then every strategy hands out
20,000 new leads, and what it did is judged by the true probabilities, without the noise of single
outcomes. 0 % is round robin, 100 % the optimal assignment of somebody who knows the truth.
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
from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.eligibility import Covering
from leadflow.assignment.choice.plan import Chances, Group, Plan, Setting, State, with_effects
from leadflow.assignment.choice.rep_effects import Counts, RepEffects, fit_effects
from leadflow.assignment.choice.strategies import StrategyName
from leadflow.assignment.snapshots import LeadSnapshot, RepSnapshot

SEEDS = (1, 2, 3)
LEADS, REPS, BATCH = 20_000, 60, 1_000
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
    """Expected conversions of round robin, the share of the possible gain of each way, and how many
    conversions more the optimal strategy makes; means over the seeds."""
    with console.status("Handing out leads of simulated markets …"):
        found = [_conversions(seed) for seed in SEEDS]
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    base, oracle = mean["round_robin"], mean["oracle"]

    def share(name: str) -> float:
        return 100 * (mean[name] - base) / (oracle - base)

    named = f"{LEADS:,} simulated leads x {REPS} salespeople"
    told = "round robin's conversions"
    return [
        Row(f"{named}: conversions, optimal", mean["optimal"], "", base, None, told, base),
        Row(f"{named}: conversions, oracle", mean["oracle"], "", None, None, told, base),
        Row(
            "share of the possible gain, optimal", share("optimal"), "%", None, None, "oracle", 100
        ),
        Row(
            "share of the possible gain, performance weighted",
            share("performance_weighted"),
            "%",
            None,
            None,
            "round robin",
            0,
        ),
        Row("share of the possible gain, hybrid", share("hybrid"), "%", None, None, "oracle", 100),
    ]


def _conversions(seed: int) -> dict[str, float]:
    market = _market(seed)
    first = _hand_out(market, market.past, "round_robin", market.true_chances)
    learned = with_effects(_learned(market, first, seed))
    ways: dict[str, tuple[StrategyName, Chances]] = {
        "round_robin": ("round_robin", learned),
        "performance_weighted": ("performance_weighted", learned),
        "hybrid": ("hybrid", learned),
        "optimal": ("optimal", learned),
        "oracle": ("optimal", market.true_chances),
    }
    truth = market.true_chances(market.new)
    return {
        name: _worth(truth, _hand_out(market, market.new, strategy, chances))
        for name, (strategy, chances) in ways.items()
    }


def _worth(truth: Floats, chosen: NDArray[np.intp]) -> float:
    given = np.flatnonzero(chosen >= 0)
    return float(truth[given, chosen[given]].sum())


def _hand_out(
    market: Market, leads: list[LeadSnapshot], strategy: StrategyName, chances: Chances
) -> NDArray[np.intp]:
    """In batches, each of which finds everybody with room for a quarter more than their share."""
    setting = Setting(market.reps, frozenset(), market.covering, chances)
    plan = Plan(None, strategy, AssignActions(value="equal"))
    room = np.full(len(market.reps), np.ceil(1.25 * BATCH / len(market.reps)))
    state = State(np.zeros(len(room)), room, np.zeros(len(room), dtype=bool))
    chosen = []
    for start in range(0, len(leads), BATCH):
        state.load[:] = 0
        decisions = decide([Group(plan, leads[start : start + BATCH])], setting, state, NOW)
        chosen += [-1 if made.rep is None else made.rep for made in decisions]
    return np.array(chosen)


def _learned(market: Market, chosen: NDArray[np.intp], seed: int) -> RepEffects:
    """Effects from the outcomes of the past, drawn by their true probabilities."""
    draw = np.random.default_rng([seed, 5])
    given = np.flatnonzero(chosen >= 0)
    truth = market.true_chances(market.past)[given, chosen[given]]
    leads = [market.past[place] for place in given]
    segments = sorted({lead.segment for lead in leads})
    column = {name: place for place, name in enumerate(segments)}
    counts = Counts.of(
        chosen[given],
        np.array([column[lead.segment] for lead in leads]),
        np.array([lead.probability for lead in leads], dtype=float),
        draw.random(len(truth)) < truth,
        (len(market.reps), len(segments)),
    )
    return fit_effects(counts, [rep.rep_id for rep in market.reps], segments)


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
