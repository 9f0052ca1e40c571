"""The salespeople of the simulated market, and how well each really sells. Pure."""

from typing import Any

import numpy as np

from leadflow.assignment.team import RepIn, TeamIn, TerritoryIn
from leadflow.simulation.catalogue import AREAS, INDUSTRIES, REP_NAMES, SERVICES


def make_team(seed: int, reps: int, capacity: int) -> TeamIn:
    """Reps spread over the territories, each with three skills of different levels."""
    draw = np.random.default_rng([seed, 77])
    return TeamIn(
        territories=[
            TerritoryIn(name=area.name, countries=list(area.countries), regions=list(area.regions))
            for area in AREAS
        ],
        reps=[_rep(draw, seed, number, capacity) for number in range(reps)],
    )


def true_selling(seed: int, reps: int) -> list[dict[str, Any]]:
    """What each rep adds to the log-odds of a lead of each industry: the truth to be found out."""
    draw = np.random.default_rng([seed, 78])
    return [
        {"rep": f"sim-{seed}-rep-{number:03d}", "industry": industry, "effect": float(effect)}
        for number in range(reps)
        for industry, effect in zip(INDUSTRIES, draw.normal(0, 0.4, len(INDUSTRIES)), strict=True)
    ]


def _rep(draw: np.random.Generator, seed: int, number: int, capacity: int) -> RepIn:
    name = REP_NAMES[number % len(REP_NAMES)]
    turn = number // len(REP_NAMES)
    skills = draw.choice(len(SERVICES), 3, replace=False)
    # One rep in six works everywhere, so that no lead is without somebody.
    everywhere = number % 6 == 5
    area = AREAS[number % len(AREAS)]
    return RepIn(
        id=f"sim-{seed}-rep-{number:03d}",
        name=f"{name} {turn + 1}" if turn else name,
        email=f"rep{number:03d}@leadflow.example",
        team="Worldwide" if everywhere else area.name,
        capacity=capacity,
        skills={SERVICES[skill]: int(draw.integers(2, 6)) for skill in skills},
        territories=[] if everywhere else [area.name],
    )
