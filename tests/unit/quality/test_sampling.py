"""A sample is spread over strata, leans to what is unsure or worth much, and can be drawn again."""

import random
from collections import Counter
from datetime import date
from itertools import pairwise
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from leadflow.quality.sampling import (
    CONFIDENCE_WEIGHTS,
    VALUE_WEIGHTS,
    Candidate,
    Stratum,
    allocate,
    draw,
    second_reviews,
    seed_of,
)

STRATA = [Stratum(sure, worth) for sure in CONFIDENCE_WEIGHTS for worth in VALUE_WEIGHTS]
SOME = st.dictionaries(st.sampled_from(STRATA), st.integers(0, 10_000), max_size=9)


def candidates(populations: dict[Stratum, int], most: int = 50) -> list[Candidate]:
    return [
        Candidate(f"{stratum.name} {place}", f"lead {place}", stratum, place, population)
        for stratum, population in populations.items()
        for place in range(1, min(population, most) + 1)
    ]


@given(SOME, st.integers(1, 200))
def test_every_stratum_with_any_gets_one_and_none_more_than_it_has(
    populations: dict[Stratum, int], size: int
) -> None:
    given_ = allocate(populations, size)
    there = {stratum for stratum, count in populations.items() if count}
    assert set(given_) == there
    assert all(1 <= count <= populations[stratum] for stratum, count in given_.items())
    assert sum(given_.values()) == max(len(there), min(size, sum(populations.values())))


def test_of_equal_numbers_more_are_drawn_where_confidence_is_low_or_value_high() -> None:
    given_ = allocate(dict.fromkeys(STRATA, 1000), 360)
    for worth in VALUE_WEIGHTS:
        low, medium, high = (given_[Stratum(sure, worth)] for sure in ("low", "medium", "high"))
        assert low > medium > high
    for sure in CONFIDENCE_WEIGHTS:
        high, middle, low = (given_[Stratum(sure, worth)] for worth in ("high", "middle", "low"))
        assert high > middle > low
    assert given_[Stratum("low", "high")] == 9 * given_[Stratum("high", "low")]


def test_nothing_is_drawn_of_nothing_or_where_none_is_wanted() -> None:
    assert allocate({}, 20) == {}
    assert allocate(dict.fromkeys(STRATA, 5), 0) == {}
    assert draw([], 20, 0.2, "seed") == []


@given(SOME, st.integers(1, 50))
def test_one_over_the_inclusion_probabilities_adds_up_to_the_population(
    populations: dict[Stratum, int], size: int
) -> None:
    drawn = draw(candidates(populations), size, 0.2, "seed")
    assert all(0 < item.inclusion_probability <= 1 for item in drawn)
    total = sum(1 / item.inclusion_probability for item in drawn)
    assert abs(total - sum(populations.values())) < 1e-6 * max(1, total)


def test_the_same_seed_draws_the_same_whatever_order_candidates_come_in() -> None:
    found = candidates(dict.fromkeys(STRATA, 40))
    first = draw(found, 30, 0.2, "seed")
    random.Random(1).shuffle(found)
    assert draw(found, 30, 0.2, "seed") == first
    other = draw(found, 30, 0.2, "another")
    assert [item.subject_id for item in other] != [item.subject_id for item in first]


def test_the_order_of_a_sample_says_nothing_of_the_strata() -> None:
    drawn = draw(candidates(dict.fromkeys(STRATA, 40)), 45, 0.2, "seed")
    changes = sum(a.stratum != b.stratum for a, b in pairwise(drawn))
    assert changes > 30  # in the order of strata there would be 8


def test_a_seed_is_of_its_day_its_kind_and_its_phrase() -> None:
    day = date(2026, 3, 1)
    seeds = {
        seed_of(day, "score", "a"),
        seed_of(date(2026, 3, 2), "score", "a"),
        seed_of(day, "assignment", "a"),
        seed_of(day, "score", "b"),
    }
    assert len(seeds) == 4
    assert seed_of(day, "score", "a") in seeds


@given(st.integers(0, 40), st.floats(0, 1))
def test_two_people_judge_the_share_that_is_set(count: int, share: float) -> None:
    ids = [f"id {number}" for number in range(count)]
    twice = second_reviews(ids, share, "seed")
    assert len(twice) == ceil(round(share * count, 9))
    assert twice == second_reviews(ids[::-1], share, "seed")


def test_who_is_judged_twice_is_drawn_from_all_strata() -> None:
    drawn = draw(candidates(dict.fromkeys(STRATA, 40)), 200, 0.5, "seed")
    found = Counter(item.stratum for item in drawn if item.second_review)
    assert len(found) == len(STRATA)
