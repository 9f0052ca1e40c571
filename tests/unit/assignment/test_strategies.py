"""The six strategies, each by its own formula."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.assignment.choice.strategies import UnknownStrategy, find_strategy
from leadflow.assignment.choice.turns import settle, shares
from leadflow.assignment.snapshots import LeadSnapshot
from tests.unit.assignment.teams import decided, lead, owners, plan, rep, standing


def test_round_robin_is_never_more_than_one_ahead_in_however_many_batches() -> None:
    reps = [rep(name, capacity=1000) for name in "abcdefg"]
    state = standing(reps)
    counts: Counter[str | None] = Counter()
    for batch in range(40):
        leads = [lead(n) for n in range(batch % 5)]
        counts.update(owners(decided(leads, reps, state=state), reps))
        assert max(counts[r.rep_id] for r in reps) - min(counts[r.rep_id] for r in reps) <= 1


def test_round_robin_follows_weights() -> None:
    reps = [rep("a", weight=2.0, capacity=100), rep("b", capacity=100), rep("c", capacity=100)]
    got = owners(decided([lead(n) for n in range(40)], reps), reps)
    assert Counter(got) == {"a": 20, "b": 10, "c": 10}


def test_who_comes_back_is_owed_nothing_for_the_time_away() -> None:
    away = [rep("a", capacity=100), rep("b", capacity=100), rep("c", active=False)]
    state = standing(away)
    decided([lead(n) for n in range(60)], away, state=state)
    back = [rep("a", capacity=100), rep("b", capacity=100), rep("c")]
    got = owners(decided([lead(n) for n in range(9)], back, state=state), back)
    assert Counter(got) == {"a": 3, "b": 3, "c": 3}


def test_who_can_have_only_some_leads_gets_a_share_of_those() -> None:
    reps = [rep("a", capacity=100), rep("b", capacity=100, territories=frozenset({"east"}))]
    leads = [lead(n, region="east" if n % 2 else "west") for n in range(40)]
    assert Counter(owners(decided(leads, reps), reps)) == {"a": 30, "b": 10}


@given(st.lists(st.sets(st.integers(0, 4), min_size=1), max_size=80))
def test_nobody_is_ever_owed_much(eligible: list[set[int]]) -> None:
    owed = np.zeros(5)
    for some in eligible:
        who = np.array(sorted(some))
        settle(owed, who, shares(np.ones(len(who))), int(np.argmax(owed[who])))
    assert abs(owed.sum()) < 1e-6
    assert np.abs(owed).max() < 5


def test_skill_goes_to_who_knows_most_and_then_to_who_is_freest() -> None:
    reps = [rep("a", skills={"crm": 3}), rep("b", skills={"crm": 5}), rep("c", skills={"crm": 5})]
    leads = [lead(n, wants=frozenset({"crm"})) for n in range(3)]
    assert owners(decided(leads, reps, plan("skill_based")), reps) == ["b", "c", "b"]


def test_territory_goes_to_the_own_before_an_overlay_before_everywhere() -> None:
    everywhere, overlay = rep("a"), rep("b", territories=frozenset({"large"}))
    own = rep("c", territories=frozenset({"west"}), capacity=1)
    reps = [everywhere, overlay, own]
    leads = [lead(n, company_size=5000) for n in range(2)]
    assert owners(decided(leads, reps, plan("territory_based")), reps) == ["c", "b"]


def test_workload_counts_the_share_of_the_capacity() -> None:
    reps = [rep("a", capacity=10, load=4), rep("b", capacity=100, load=20)]
    assert owners(decided([lead()], reps, plan("workload_balanced")), reps) == ["b"]


def test_performance_goes_to_who_converts_such_leads_best() -> None:
    reps = [rep("a"), rep("b")]

    def chances(leads: object) -> np.ndarray:
        return np.array([[0.1, 0.3], [0.4, 0.3]])

    made = decided([lead(0), lead(1)], reps, plan("performance_weighted"), chances=chances)
    assert owners(made, reps) == ["b", "a"]


def test_newcomers_get_their_least_share_of_what_is_fair() -> None:
    reps = [rep("a", capacity=100), rep("b", capacity=100), rep("new", capacity=100)]
    best = np.tile([0.5, 0.4, 0.1], (60, 1))
    state = standing(reps, frozenset({"new"}))
    by = plan("performance_weighted", least_share=0.5)
    made = decided([lead(n) for n in range(60)], reps, by, state, lambda leads: best)
    counts = Counter(owners(made, reps))
    # Of three, 20 would be fair; half of that, within one.
    assert counts["a"] + counts["new"] == 60
    assert counts["new"] in (9, 10)


def test_hybrid_weighs_its_parts() -> None:
    skilled = rep("a", skills={"crm": 5}, load=9)
    free = rep("b", skills={"crm": 1})
    leads = [lead(wants=frozenset({"crm"}))]
    for weights, owner in (({"skill": 1}, "a"), ({"capacity": 1}, "b")):
        by = plan("hybrid", weights=weights)
        assert owners(decided(leads, [skilled, free], by), [skilled, free]) == [owner]


def test_optimal_looks_at_the_whole_batch() -> None:
    """Best lead first would give lead 0 to a, for 0.9 + 0.1; together 0.8 + 0.8 is possible."""
    reps = [rep("a", capacity=1), rep("b", capacity=1)]
    pairs = np.array([[0.9, 0.8], [0.8, 0.1]])
    made = decided([lead(0), lead(1)], reps, plan("optimal"), chances=lambda leads: pairs)
    assert owners(made, reps) == ["b", "a"]


def test_optimal_weighs_what_leads_are_worth() -> None:
    reps = [rep("a", capacity=1), rep("b", capacity=1)]
    pairs = np.array([[0.5, 0.4], [0.5, 0.1]])
    leads = [lead(0, value=100.0), lead(1, value=10.0)]
    by_value = decided(leads, reps, plan("optimal"), chances=lambda leads: pairs)
    assert owners(by_value, reps) == ["a", "b"]
    equal = decided(leads, reps, plan("optimal", value="equal"), chances=lambda leads: pairs)
    assert owners(equal, reps) == ["b", "a"]


def test_optimal_uses_all_the_room_of_somebody_who_has_many_leads_already() -> None:
    reps = [rep("a", capacity=100, load=80), rep("b", capacity=100)]

    def chances(leads: list[LeadSnapshot]) -> np.ndarray:
        return np.tile([0.9, 0.1], (len(leads), 1))

    made = decided([lead(n) for n in range(30)], reps, plan("optimal"), chances=chances)  # type: ignore[arg-type]
    assert Counter(owners(made, reps)) == {"a": 20, "b": 10}


def test_optimal_gives_nobody_more_than_the_share_the_rule_allows() -> None:
    reps = [rep("a", capacity=100), rep("b", capacity=100)]

    def chances(leads: list[LeadSnapshot]) -> np.ndarray:
        return np.tile([0.9, 0.1], (len(leads), 1))

    by = plan("optimal", most_share=1.2)
    made = decided([lead(n) for n in range(20)], reps, by, chances=chances)  # type: ignore[arg-type]
    assert Counter(owners(made, reps)) == {"a": 12, "b": 8}


def test_an_unknown_strategy_names_the_known_ones() -> None:
    with pytest.raises(UnknownStrategy, match="round_robin, skill_based"):
        find_strategy("loudest")
