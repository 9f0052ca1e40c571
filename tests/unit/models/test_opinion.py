"""An opinion moves a score by no more than its cap, and scores stay exact sums."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.definitions import DEFINITIONS
from features.opinion import AI_SCORE
from models.opinion import learnable, opinion_points, with_opinion
from models.rubric import Rubric
from models.scores import Scores

anything = st.one_of(st.floats(0, 100), st.floats(), st.just(float("nan")))


@pytest.fixture(scope="module")
def scores() -> Scores:
    frame = pd.DataFrame({d.feature.name: [None] * 3 for d in DEFINITIONS})
    return Rubric.load().score(frame)


@given(score=anything, cap=st.floats(0, 50))
def test_points_are_always_within_the_cap(score: float, cap: float) -> None:
    points = opinion_points(np.array([score]), cap)
    assert abs(float(points[0])) <= cap


def test_points_are_a_straight_line_through_no_opinion() -> None:
    points = opinion_points(np.array([0.0, 25.0, 50.0, 75.0, 100.0, np.nan]), 10.0)
    assert points.tolist() == [-10.0, -5.0, 0.0, 5.0, 10.0, 0.0]


def test_scores_with_an_opinion_are_still_sums_and_their_chances_are_left_alone(
    scores: Scores,
) -> None:
    after = with_opinion(scores, np.array([100.0, np.nan, 20.0]), 10.0)
    assert after.features[-1] == AI_SCORE
    assert np.allclose(after.points, 50 + after.contributions.sum(axis=1), atol=1e-9)
    assert np.allclose(after.points - scores.points, [10.0, 0.0, -6.0])
    assert after.probability is scores.probability
    assert after.dimensions()["ai"].tolist() == [60.0, 50.0, 44.0]


def test_a_scorer_that_has_learned_the_feature_weighs_it_itself(scores: Scores) -> None:
    learned = replace(
        scores,
        features=(*scores.features, AI_SCORE),
        contributions=np.column_stack([scores.contributions, [3.0, 3.0, 3.0]]),
    )
    assert with_opinion(learned, np.array([100.0, 0.0, 50.0]), 10.0) is learned


@pytest.mark.parametrize(
    ("converted", "other", "enough"), [(40, 40, True), (39, 200, False), (200, 39, False)]
)
def test_it_is_learned_only_from_enough_leads_of_both_kinds(
    converted: int, other: int, enough: bool
) -> None:
    labels = np.array([1] * converted + [0] * other + [1, 0] * 100)
    known = [60.0] * (converted + other) + [None] * 200
    assert learnable(pd.DataFrame({"ai_score": known}), labels, 40) is enough


def test_without_the_column_there_is_nothing_to_learn() -> None:
    assert not learnable(pd.DataFrame({"budget": [1.0]}), np.array([1]), 1)
