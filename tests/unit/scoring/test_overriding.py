"""The rules of score overrides, and whether people knew better than the model."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.scoring.overrides.effective import (
    Effective,
    ExpiryInvalid,
    effective,
    expiry,
    implied_probability,
)
from leadflow.scoring.overrides.report import ENOUGH, Judged, judge, ranking

NOW = datetime(2026, 3, 1, tzinfo=UTC)
scores = st.floats(0, 100)
chances = st.floats(0.001, 0.999)


def test_an_override_ends_when_it_says_or_after_the_days_of_the_setting() -> None:
    assert expiry(NOW, None, 30) == NOW + timedelta(days=30)
    assert expiry(NOW, NOW + timedelta(hours=1), 30) == NOW + timedelta(hours=1)
    for said in (NOW, NOW - timedelta(seconds=1), NOW + timedelta(days=367)):
        with pytest.raises(ExpiryInvalid):
            expiry(NOW, said, 30)


def test_the_override_counts_while_there_is_one() -> None:
    assert effective(40, "cold", None) == Effective(40, "cold")
    assert effective(40, "cold", (85, "hot")) == Effective(85, "hot")


@given(scores, chances)
def test_a_person_who_says_what_the_model_says_means_its_chance(
    points: float, chance: float
) -> None:
    assert implied_probability(points, points, chance) == pytest.approx(chance)


def test_ten_points_more_are_twice_the_odds() -> None:
    chance = implied_probability(60, 50, 0.2)
    assert chance / (1 - chance) == pytest.approx(2 * 0.2 / 0.8)


@given(scores, st.floats(-50, 150), st.floats(0, 1))
def test_a_chance_stays_a_chance(new: float, points: float, chance: float) -> None:
    assert 0 <= implied_probability(new, points, chance) <= 1


def judged(person_knows: bool, count: int) -> list[Judged]:
    """Leads of which every second converted; who does not know says 50, a chance of a half."""
    ends = [number % 2 == 0 for number in range(count)]
    told = [80.0 if end else 20.0 for end in ends]
    if person_knows:
        return [Judged(score, 50, 0.5, end) for score, end in zip(told, ends, strict=True)]
    return [
        Judged(50, score, implied_probability(score, 50, 0.5), end)
        for score, end in zip(told, ends, strict=True)
    ]


def test_people_who_know_better_are_said_to_beat_the_model() -> None:
    found = judge(judged(person_knows=True, count=40), not_known=3)
    assert found.verdict.startswith("Overrides beat the model")
    assert (found.judged, found.converted, found.open) == (40, 20, 3)
    assert (found.person_auc, found.model_auc) == (1.0, 0.5)
    assert found.model_brier == pytest.approx(0.25)
    assert found.person_brier == pytest.approx((1 / 9) ** 2)


def test_a_model_that_knows_better_is_said_to_beat_people() -> None:
    found = judge(judged(person_knows=False, count=40))
    assert found.verdict.startswith("The model beats")
    assert (found.person_auc, found.model_auc) == (0.5, 1.0)


def test_no_difference_is_claimed_that_may_be_chance() -> None:
    mixed = judged(True, 20) + judged(False, 20)
    assert judge(mixed).verdict.startswith("No clear difference")


@pytest.mark.parametrize("count", [0, 1, ENOUGH - 1])
def test_too_few_are_said_to_be_too_few(count: int) -> None:
    found = judge(judged(person_knows=True, count=count))
    assert found.verdict.startswith("Too few to say")
    assert found.judged == count


def test_leads_that_all_ended_alike_cannot_be_ranked() -> None:
    assert ranking([1, 2], [True, True]) is None
    assert ranking([2, 1, 2], [True, False, False]) == 0.75
