"""Weighted by how likely items were drawn, a sample tells of all decisions; unweighted, it lies."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from leadflow.quality.estimates import answer_weights, weighted_share, wilson
from leadflow.quality.sampling import Candidate, Stratum, draw

# Decisions of each stratum, and how often people disagree with them.
POPULATION = {
    Stratum("low", "high"): (300, 0.50),
    Stratum("low", "low"): (700, 0.40),
    Stratum("high", "high"): (1_500, 0.06),
    Stratum("high", "low"): (7_500, 0.02),
}
TRUTH = sum(n * (1 - wrong) for n, wrong in POPULATION.values()) / 10_000
ROUNDS, SIZE = 600, 120


def one_sample(rng: random.Random) -> tuple[list[bool], list[float]]:
    """Whether people agree with each item of one draw, and its weight."""
    candidates, agrees = [], {}
    for stratum, (population, wrong) in POPULATION.items():
        order = rng.sample(range(population), SIZE)
        for place, number in enumerate(order, start=1):
            subject = f"{stratum.name} {number}"
            agrees[subject] = number >= population * wrong
            candidates.append(Candidate(subject, "lead", stratum, place, population))
    drawn = draw(candidates, SIZE, 0.0, "seed")
    return (
        [agrees[item.subject_id] for item in drawn],
        [1 / item.inclusion_probability for item in drawn],
    )


def test_the_weighted_share_is_the_truth_of_the_population_and_the_plain_one_is_not() -> None:
    rng = random.Random(11)
    weighted, plain, held = 0.0, 0.0, 0
    for _ in range(ROUNDS):
        agreed, weights = one_sample(rng)
        found = weighted_share(agreed, weights)
        assert found is not None
        weighted += found.value / ROUNDS
        plain += sum(agreed) / len(agreed) / ROUNDS
        held += found.low <= TRUTH <= found.high
    assert weighted == pytest.approx(TRUTH, abs=0.004)
    assert plain < TRUTH - 0.05
    assert held / ROUNDS >= 0.9  # 9 times in 10, or a little more


def test_strata_that_answer_less_do_not_count_less() -> None:
    groups = ["a"] * 10 + ["b"] * 10
    answered = [True] * 10 + [True, True] + [False] * 8
    weights = answer_weights([0.1] * 10 + [0.2] * 10, groups, answered)
    assert sum(weights[:10]) == pytest.approx(100)
    assert sum(weights[10:]) == pytest.approx(50)


def test_who_has_not_answered_at_all_is_stood_for_by_nobody() -> None:
    assert answer_weights([0.5, 0.5], ["a", "b"], [True, False]) == [2.0]


@given(st.lists(st.tuples(st.booleans(), st.floats(1, 1e5)), min_size=1))
def test_the_interval_holds_the_share_and_lies_between_none_and_all(
    items: list[tuple[bool, float]],
) -> None:
    found = weighted_share([held for held, _ in items], [weight for _, weight in items])
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1 + 1e-9
    assert found.effective <= len(items) + 1e-6


def test_with_equal_weights_it_is_wilson_s_interval_of_the_plain_share() -> None:
    found = weighted_share([True] * 9 + [False], [7.0] * 10)
    assert found is not None
    assert found.value == pytest.approx(0.9)
    assert found.effective == pytest.approx(10)
    assert (found.low, found.high) == pytest.approx(wilson(0.9, 10))
    peer = binomtest(9, 10).proportion_ci(0.9, method="wilson")
    assert wilson(0.9, 10) == pytest.approx((peer.low, peer.high))


def test_without_items_nothing_is_said() -> None:
    assert weighted_share([], []) is None
