"""Who gets a lead: within capacity, territory, language, skill and hours; every exclusion named."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.assignment.choice.eligibility import WORDS, Constraint, constraints
from leadflow.assignment.choice.reasons import SHORT
from leadflow.assignment.choice.strategies import PARTS, STRATEGIES, STRATEGY_NAMES
from leadflow.hours import read_calendar
from tests.unit.assignment.teams import decided, lead, owners, plan, rep, standing

MORNINGS = read_calendar("UTC", {"mon": ["06:00-09:00"]})
OFF = read_calendar("UTC", {}, [(date(2026, 3, 2), date(2026, 3, 4))])


@pytest.mark.parametrize(
    ("facts", "actions", "why"),
    [
        ({}, {}, []),
        ({"active": False}, {}, ["INACTIVE"]),
        ({"capacity": 0}, {}, ["FULL"]),
        ({"load": 10}, {}, ["FULL"]),
        ({"load": 5, "ramp_share": 0.5}, {}, ["FULL"]),
        ({"capacity": None, "is_fallback": True}, {}, ["RESERVE"]),
        ({"territories": frozenset({"east"})}, {}, ["TERRITORY"]),
        ({"territories": frozenset({"east"})}, {"territory": "ignore"}, []),
        ({"territories": frozenset({"east", "west"})}, {}, []),
        ({"languages": frozenset({"de"})}, {}, ["LANGUAGE"]),
        ({"languages": frozenset({"de"})}, {"language": "ignore"}, []),
        ({"languages": frozenset({"de", "en"})}, {}, []),
        ({"skills": {"crm": 2}}, {"least_skill": 3}, ["SKILL"]),
        ({"skills": {}}, {"least_skill": 0}, []),
        ({"team": "east"}, {"teams": ["west"]}, ["POOL"]),
        ({"team": "east"}, {"teams": ["west"], "reps": ["a"]}, []),
        ({"calendar": MORNINGS}, {}, []),
        ({"calendar": MORNINGS}, {"at_work": True}, ["HOURS"]),
        ({"calendar": OFF}, {}, ["AWAY"]),
        ({"active": False, "load": 10, "skills": {}}, {}, ["INACTIVE", "SKILL", "FULL"]),
    ],
)
def test_a_salesperson_is_excluded_by_every_constraint_that_stands_against_them(
    facts: dict[str, Any], actions: dict[str, Any], why: list[str]
) -> None:
    somebody = rep("a", **({"skills": {"crm": 3}} | facts))
    asking = lead(wants=frozenset({"crm", "training"}), language="en")
    (made,) = decided([asking], [somebody], plan(**actions))
    assert [constraint.name for constraint in constraints(int(made.mask[0]))] == why
    assert (made.rep is None) == bool(why)


def test_every_constraint_has_its_words() -> None:
    assert WORDS.keys() == SHORT.keys() == set(Constraint)
    assert set(STRATEGY_NAMES) == STRATEGIES.keys() == PARTS.keys()


def test_who_works_everywhere_covers_what_nobody_else_does() -> None:
    reps = [rep("a", territories=frozenset({"east"})), rep("b")]
    assert owners(decided([lead(region=None)], reps), reps) == ["b"]


def test_who_turned_a_lead_down_is_not_offered_it_again() -> None:
    from leadflow.assignment.choice.decide import decide
    from leadflow.assignment.choice.plan import Group
    from tests.unit.assignment.teams import NOW, setting

    reps = [rep("a"), rep("b")]
    groups = [Group(plan(), [lead(1), lead(2)])]
    refused = {"lead_0001": frozenset({"a"}), "lead_0002": frozenset({"a", "b"})}
    made = decide(groups, setting(reps), standing(reps), NOW, refused)
    assert owners(made, reps) == ["b", None]
    assert made[1].reason == "Nobody can take it: 2 had it before."


def test_nobody_is_explained_by_counts() -> None:
    reps = [rep("a", load=10), rep("b", load=10), rep("c", territories=frozenset({"east"}))]
    (made,) = decided([lead()], reps)
    assert made.reason == "Nobody can take it: 1 in other territories, 2 full."
    (empty,) = decided([lead()], [])
    assert empty.reason == "Nobody can take it: there are no salespeople."


def test_the_reason_says_skill_territory_and_room() -> None:
    reps = [rep("a", skills={"crm": 4}, territories=frozenset({"west"}), load=3)]
    (made,) = decided([lead(wants=frozenset({"crm"}))], reps)
    assert made.reason == "Knows crm (4 of 5), covers west, is next in turn, 3 of 10 leads in work"


@settings(deadline=None)
@given(
    capacities=st.lists(st.integers(0, 4), min_size=1, max_size=5),
    number=st.integers(0, 25),
    strategy=st.sampled_from(STRATEGY_NAMES),
)
def test_no_strategy_goes_over_a_capacity_or_leaves_a_lead_that_somebody_could_take(
    capacities: list[int], number: int, strategy: str
) -> None:
    reps = [rep(f"r{place}", capacity=capacity) for place, capacity in enumerate(capacities)]
    got = owners(decided([lead(n) for n in range(number)], reps, plan(strategy)), reps)
    counts = Counter(owner for owner in got if owner is not None)
    assert all(counts[person.rep_id] <= (person.capacity or 0) for person in reps)
    assert sum(counts.values()) == min(number, sum(capacities))
