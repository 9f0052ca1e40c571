"""The salespeople of the simulated market, and how well each really sells. Pure."""

from typing import Any

import numpy as np

from leadflow.assignment.team.schemas import GroupIn, RepIn, TeamIn, TerritoryIn, WeekIn
from leadflow.simulation.catalogue import AREAS, INDUSTRIES, REP_NAMES, SERVICES, Area

WORLDWIDE = "Worldwide"
ACCOUNT_DESK = "Key accounts"
ACCOUNTS = ("Atlas Works", "Quant Soft", "Nord Group")
HOURS = ["09:00-12:30", "13:30-18:00"]
# One in so many is new and has half a load still, to be seen at work.
NEW_EVERY = 9


def make_team(seed: int, reps: int, capacity: int) -> TeamIn:
    """Salespeople spread over a tree of territories, each with three skills of different levels,
    under a head of sales who takes no part but gets what nobody else can take."""
    draw = np.random.default_rng([seed, 77])
    people = [_rep(draw, seed, number, capacity) for number in range(reps)]
    head = _head(seed)
    return TeamIn(
        fallback_owner=head.id,
        teams=_teams(people, head),
        territories=_territories(),
        reps=[head, *people],
    )


def true_selling(seed: int, reps: int) -> list[dict[str, Any]]:
    """What each rep adds to the log-odds of a lead of each industry: the truth to be found out."""
    draw = np.random.default_rng([seed, 78])
    return [
        {"rep": f"sim-{seed}-rep-{number:03d}", "industry": industry, "effect": float(effect)}
        for number in range(reps)
        for industry, effect in zip(INDUSTRIES, draw.normal(0, 0.4, len(INDUSTRIES)), strict=True)
    ]


def _head(seed: int) -> RepIn:
    return RepIn(
        id=f"sim-{seed}-head",
        name="Renate Falk",
        email="head@leadflow.example",
        languages=["en"],
        time_zone="Europe/London",
        working_hours=_week(),
    )


def _teams(people: list[RepIn], head: RepIn) -> list[GroupIn]:
    """One an area; whoever is first in it leads it."""
    leads: dict[str, str] = {}
    for rep in people:
        leads.setdefault(rep.team or WORLDWIDE, rep.id)
    return [GroupIn(name=name, lead=lead, manager=head.id) for name, lead in leads.items()]


def _territories() -> list[TerritoryIn]:
    """Each area, the industries that some of them tell apart, and an overlay of named accounts."""
    areas = [
        TerritoryIn(
            name=area.name,
            parent=area.parent,
            countries=list(area.countries),
            regions=list(area.regions),
        )
        for area in AREAS
    ]
    around = {area.parent: area for area in AREAS if area.parent is not None}
    parents = [
        TerritoryIn(name=name, countries=list(area.countries)) for name, area in around.items()
    ]
    finance = TerritoryIn(name="US East finance", parent="US East", industries=["finance"])
    desk = TerritoryIn(name=ACCOUNT_DESK, overlay=True, accounts=list(ACCOUNTS))
    return [*parents, *areas, finance, desk]


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
        team=WORLDWIDE if everywhere else area.name,
        capacity=capacity,
        languages=_languages(area, number, everywhere),
        time_zone="UTC" if everywhere else area.time_zone,
        # Who works everywhere takes turns around the clock.
        working_hours=WeekIn() if everywhere else _week(),
        ramp_share=0.5 if number % NEW_EVERY == NEW_EVERY - 1 else 1.0,
        skills={SERVICES[skill]: int(draw.integers(2, 6)) for skill in skills},
        territories=[] if everywhere else _covered(area, number),
    )


def _covered(area: Area, number: int) -> list[str]:
    """The area; the first of each fifteen has the named accounts besides, as an overlay."""
    return [area.name, ACCOUNT_DESK] if number % 15 == 0 else [area.name]


def _languages(area: Area, number: int, everywhere: bool) -> list[str]:
    """English, and one of the area's own in turn."""
    own = area.languages[number // len(AREAS) % len(area.languages)]
    return ["en"] if everywhere else sorted({"en", own})


def _week() -> WeekIn:
    return WeekIn(mon=HOURS, tue=HOURS, wed=HOURS, thu=HOURS, fri=HOURS)
