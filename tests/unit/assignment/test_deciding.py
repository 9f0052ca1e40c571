"""Who gets a lead: fairly, within capacity, territory and skill, and every exclusion has a name."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.assignment.deciding import decide
from leadflow.assignment.eligibility import LeadFacts, RepFacts, TerritoryFacts, exclusion
from leadflow.assignment.strategies import (
    HybridWeights,
    Standing,
    UnknownStrategy,
    find_strategy,
    hybrid,
    round_robin,
)

WEST = TerritoryFacts("US West", frozenset({"US"}), frozenset({"CA"}))
LARGE = TerritoryFacts("Large accounts", smallest_company=1000)


def lead(number: int = 0, **facts: object) -> LeadFacts:
    given: dict[str, object] = {
        "lead_id": f"lead_{number:04d}",
        "country": "US",
        "region": "CA",
        "industry": "technology",
        "company_size": 100,
        "wants": frozenset(),
    }
    return LeadFacts(**(given | facts))  # type: ignore[arg-type]


def rep(name: str, **facts: object) -> RepFacts:
    given: dict[str, object] = {
        "rep_id": name,
        "capacity": 10,
        "weight": 1.0,
        "active": True,
        "skills": {},
        "territories": (),
        "load": 0,
        "received": 0,
    }
    return RepFacts(**(given | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, None),
        ({"active": False}, "inactive"),
        ({"load": 10}, "full"),
        ({"capacity": 0}, "full"),
        ({"territories": (LARGE,)}, "territory"),
        ({"territories": (LARGE, WEST)}, None),
        ({"skills": {"sales training": 5}}, "skill"),
        ({"skills": {"crm integration": 1}}, None),
    ],
)
def test_every_exclusion_has_its_reason(facts: dict[str, object], why: str | None) -> None:
    wanting = "skills" in facts
    asked = lead(wants=frozenset({"crm integration"}) if wanting else frozenset())
    person = rep("a", **facts)
    assert exclusion(asked, person, person.load) == why


def test_what_is_not_known_of_a_lead_meets_no_condition() -> None:
    assert not WEST.admits(lead(country=None))
    assert not LARGE.admits(lead(company_size=None))
    assert TerritoryFacts("World").admits(lead(country=None, company_size=None))
    assert LARGE.admits(lead(company_size=1000))
    assert not TerritoryFacts("Small", largest_company=99).admits(lead(company_size=100))


@given(
    weights=st.lists(st.sampled_from([1.0, 1.0, 2.0, 3.0]), min_size=1, max_size=8),
    count=st.integers(1, 60),
    sweeps=st.integers(1, 4),
)
def test_round_robin_keeps_everyone_within_one_lead_of_their_share(
    weights: list[float], count: int, sweeps: int
) -> None:
    received: Counter[str] = Counter()
    for sweep in range(sweeps):
        reps = [
            rep(f"r{i}", weight=w, capacity=10_000, received=received[f"r{i}"])
            for i, w in enumerate(weights)
        ]
        leads = [lead(sweep * count + number) for number in range(count)]
        for decision in decide(leads, reps, round_robin, "round_robin"):
            received[str(decision.rep_id)] += 1
    total = count * sweeps
    assert sum(received.values()) == total
    if len(set(weights)) == 1:
        counts = [received[f"r{i}"] for i in range(len(weights))]
        assert max(counts) - min(counts) <= 1
    for i, weight in enumerate(weights):
        share = total * weight / sum(weights)
        assert abs(received[f"r{i}"] - share) < 1 + weight * len(weights) / sum(weights)


@given(
    capacities=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    count=st.integers(0, 40),
    name=st.sampled_from(["round_robin", "hybrid"]),
)
def test_nobody_goes_over_capacity_and_what_is_left_is_said(
    capacities: list[int], count: int, name: str
) -> None:
    reps = [rep(f"r{i}", capacity=capacity) for i, capacity in enumerate(capacities)]
    decisions = decide([lead(i) for i in range(count)], reps, find_strategy(name), name)
    given_out = Counter(d.rep_id for d in decisions if d.rep_id is not None)
    assert all(given_out[f"r{i}"] <= capacity for i, capacity in enumerate(capacities))
    assert len(decisions) == count
    assert sum(given_out.values()) == min(count, sum(capacities))
    for decision in decisions:
        if decision.rep_id is None:
            assert decision.reason.startswith("Nobody can take it: ")
            assert "full" in decision.reason


def test_hybrid_prefers_the_better_skill_then_the_freer_hands() -> None:
    asked = lead(wants=frozenset({"crm integration"}))
    expert = Standing(rep("expert", skills={"crm integration": 5}), 0, 0)
    beginner = Standing(rep("beginner", skills={"crm integration": 1}), 0, 0)
    assert hybrid(asked, [beginner, expert])[0].rep_id == "expert"
    busy = Standing(rep("busy", skills={"crm integration": 5}), 9, 0)
    assert hybrid(asked, [busy, expert])[0].rep_id == "expert"


def test_hybrid_prefers_who_covers_the_territory() -> None:
    local = Standing(rep("z-local", territories=(WEST,)), 0, 0)
    anywhere = Standing(rep("a-anywhere"), 0, 0)
    assert hybrid(lead(), [anywhere, local])[0].rep_id == "z-local"


def test_hybrid_parts_add_up_to_the_total() -> None:
    weights = HybridWeights()
    standing = Standing(rep("a", territories=(WEST,)), 3, 4)
    found = hybrid(lead(), [standing])[0]
    parts = found.parts
    assert all(0 <= value <= 1 for value in parts.values())
    assert found.total == pytest.approx(
        weights.skill * parts["skill"]
        + weights.territory * parts["territory"]
        + weights.capacity * parts["capacity"]
        + weights.fairness * parts["fairness"]
    )


def test_the_reason_is_a_sentence_and_the_trace_names_everyone() -> None:
    reps = [
        rep("a", skills={"crm integration": 4}, territories=(WEST,), load=3),
        rep("b", active=False),
    ]
    asked = lead(wants=frozenset({"crm integration"}))
    decision = decide([asked], reps, hybrid, "hybrid")[0]
    assert (
        decision.reason == "Knows crm integration (4 of 5), covers US West, 3 of 10 leads in work"
    )
    assert [candidate["rep"] for candidate in decision.trace["candidates"]] == ["a"]
    assert decision.trace["excluded"] == {"b": "inactive"}


def test_an_unknown_strategy_names_those_there_are() -> None:
    with pytest.raises(UnknownStrategy, match="round_robin, hybrid"):
        find_strategy("best")
