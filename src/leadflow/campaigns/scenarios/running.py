"""Running a scenario: the interpreter with a clock of its own, from moment to moment. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from leadflow.campaigns.definitions.program import Edge, Program
from leadflow.campaigns.definitions.schemas import Campaign
from leadflow.campaigns.interpreter.enrolments import OPEN, Enrolments, Passed
from leadflow.campaigns.interpreter.moments import added
from leadflow.campaigns.interpreter.stepping import MICROSECOND, take_on
from leadflow.campaigns.interpreter.zones import Zones, moments_of, wall
from leadflow.campaigns.places.placing import all_in
from leadflow.campaigns.places.whereabouts import Place, whereabouts
from leadflow.campaigns.scenarios.life import Happening, Life
from leadflow.campaigns.scenarios.schemas import Expected, Moment, Scenario, shown

HALF_A_SECOND = np.timedelta64(500, "ms")


@dataclass(frozen=True)
class Ran:
    """What a campaign did with the lead of a scenario, in its order, and the edges it passed."""

    scenario: Scenario
    happened: tuple[Expected, ...]
    edges: frozenset[Edge]

    @property
    def as_expected(self) -> bool:
        """Whether it is what was expected, no more and no less."""
        return self.happened == in_order(self.scenario.expect)

    def differences(self) -> list[str]:
        """Lines for people: ``-`` was expected and did not happen, ``+`` happened and was not
        expected."""
        expected = in_order(self.scenario.expect)
        lines = [(one.at, f"- {one}") for one in expected if one not in self.happened]
        lines += [(one.at, f"+ {one}") for one in self.happened if one not in expected]
        if not lines and not self.as_expected:
            lines = [(one.at, f"+ {one}  (twice, or in another order)") for one in self.happened]
        return [line for _, line in sorted(lines, key=lambda pair: (pair[0], pair[1][0] == "+"))]


def in_order(things: Iterable[Expected]) -> tuple[Expected, ...]:
    """By their moments; what ends it comes last of its moment."""
    return tuple(sorted(things, key=lambda one: (one.at, one.ends is not None)))


def run(program: Program, scenario: Scenario) -> Ran:
    """Let the lead of a scenario go through its campaign, to its end."""
    zones = where_it_is(program.campaign, scenario)
    zone = zones.places[0][0]
    entered = _utc(scenario.enters, zone)
    life = Life(scenario.lead, _happenings(scenario, entered, zones))
    rows = Enrolments.begun(np.zeros(1, dtype=np.int64), np.array([entered]), zones)
    passed: list[Passed] = []
    now = entered
    while rows.ended[0] == OPEN:
        passed += take_on(program, rows, life, now)
        coming = [one.at for one in life.happenings if one.at > now]
        if not np.isnat(rows.due[0]) and rows.due[0] > now:
            coming.append(rows.due[0])
        if rows.ended[0] == OPEN:
            now = min(coming)
    happened = in_order(_things(program, rows, passed, zone))
    return Ran(scenario, happened, frozenset(_edges(program, passed)))


def where_it_is(campaign: Campaign, scenario: Scenario) -> Zones:
    """Where the lead is: in the zones that are said, or those of its place, or the campaign's."""
    known = scenario.known
    places = tuple(Place(known.country, known.region, zone) for zone in scenario.zones)
    places = places or whereabouts(known, scenario.enters.year)
    places = places or (Place(None, None, campaign.zone),)
    return all_in(places, campaign.holidays, scenario.enters.year)


def instead_of(at: datetime, zone: str) -> datetime | None:
    """What clocks in a zone show at the moment that stands for this one, where they skip it as they
    are put forward; None: they show it."""
    shows = _shown_at(_utc(at, zone), zone)
    return shows if shows != at else None


def _happenings(scenario: Scenario, entered: np.datetime64, zones: Zones) -> list[Happening]:
    moments = [_at(one, entered, zones) for one in scenario.life]
    often = Counter(moments)
    found = []
    for one, at in zip(scenario.life, moments, strict=True):
        often[at] -= 1
        # Of several in one minute the last happens at it, and those before it just before.
        just_before = at - often[at] * MICROSECOND
        found.append(Happening(just_before, one.happens, one.facts, one.becomes))
    return sorted(found, key=lambda one: one.at)


def _at(one: Moment, entered: np.datetime64, zones: Zones) -> np.datetime64:
    if one.after is not None:
        moments = added(np.array([entered]), one.after, zones)
        at: np.datetime64 = moments[0]
        return at
    if one.at is None:
        raise TypeError("A moment of a scenario is said in one way or the other.")
    return _utc(one.at, zones.places[0][0])


def _utc(at: datetime, zone: str) -> np.datetime64:
    made: np.datetime64 = moments_of(np.array([np.datetime64(at, "us")]), zone)[0]
    return made


def _things(
    program: Program, rows: Enrolments, passed: Iterable[Passed], zone: str
) -> Iterable[Expected]:
    for one in passed:
        if one.node is None or one.skipped:
            continue
        at = _shown_at(one.at[0], zone)
        if one.node.kind == "send":
            yield Expected(at=at, sends=one.node.name)
        elif one.node.kind == "do":
            yield Expected(at=at, does=one.node.name)
    yield Expected(at=_shown_at(rows.ended_at[0], zone), ends=rows.ends[int(rows.ended[0])])


def _shown_at(at: np.datetime64, zone: str) -> datetime:
    whole = (at + HALF_A_SECOND).astype("datetime64[s]").astype("datetime64[us]")
    made: datetime = wall(np.array([whole]), zone)[0].item()
    return made


def _edges(program: Program, passed: Iterable[Passed]) -> Iterable[Edge]:
    by_way = {(edge.step, edge.way): edge for edge in program.edges}
    for one in passed:
        yield by_way["*" if one.node is None else one.node.name, one.way]


__all__ = ["Ran", "in_order", "instead_of", "run", "shown", "where_it_is"]
