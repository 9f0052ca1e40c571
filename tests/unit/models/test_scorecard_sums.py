"""A score is a sum that can be checked: 50, plus what each feature adds."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension
from models.calibration import NOT_ENOUGH, logit
from models.candidates import LEARNERS
from models.encoding import FeaturesMissing
from models.scorecard import Scorecard
from tests.unit.models.made_up_leads import FEATURES, learn, make

pytestmark = pytest.mark.uncounted

LEADS = make(900)
NEW = make(300, seed=1)


@pytest.fixture(scope="module", params=list(LEARNERS))
def scorecard(request: pytest.FixtureRequest) -> Scorecard:
    """A learned scorecard of each candidate in turn."""
    return learn(request.param, LEADS)


def test_contributions_add_up_to_the_calibrated_log_odds(scorecard: Scorecard) -> None:
    scores = scorecard.score(NEW.frame)
    expected = (logit(scores.probability) - scorecard.reference) * 10 / np.log(2)
    np.testing.assert_allclose(scores.contributions.sum(axis=1), expected, atol=1e-6)
    np.testing.assert_allclose(scores.points - 50, scores.contributions.sum(axis=1), atol=1e-9)


def test_the_quick_log_odds_are_the_sum_of_contributions(scorecard: Scorecard) -> None:
    part = scorecard.parts[0]
    matrix = part.encoding.matrix(NEW.frame)
    summed = part.model.base + part.model.contributions(matrix).sum(axis=1)
    np.testing.assert_allclose(part.model.raw(matrix), summed, atol=1e-9)


def test_ten_points_more_are_twice_the_odds(scorecard: Scorecard) -> None:
    scores = scorecard.score(NEW.frame)
    best, worst = int(scores.points.argmax()), int(scores.points.argmin())
    odds = scores.probability / (1 - scores.probability)
    doublings = (scores.points[best] - scores.points[worst]) / 10
    assert doublings > 0.5
    assert odds[best] / odds[worst] == pytest.approx(2**doublings, rel=1e-6)


def test_the_average_lead_learned_from_has_fifty_points(scorecard: Scorecard) -> None:
    assert scorecard.score(LEADS.frame).points.mean() == pytest.approx(50, abs=1e-6)


def test_dimensions_part_the_points_among_them(scorecard: Scorecard) -> None:
    scores = scorecard.score(NEW.frame)
    dimensions = scores.dimensions()
    assert list(dimensions) == [str(dimension) for dimension in Dimension]
    inside = ((dimensions > 0) & (dimensions < 100)).all(axis=1).to_numpy()
    assert inside.any()
    parts = (dimensions - 50).sum(axis=1).to_numpy()
    np.testing.assert_allclose(parts[inside], scores.points[inside] - 50, atol=1e-9)


def test_scores_better_leads_higher(scorecard: Scorecard) -> None:
    total = scorecard.score(NEW.frame).total
    assert np.corrcoef(total, NEW.chance)[0, 1] > 0.6
    assert total.min() >= 0
    assert total.max() <= 100


def test_column_order_changes_nothing(scorecard: Scorecard) -> None:
    mixed = NEW.frame[["visits", "has_phone", "seniority", "budget"]].assign(unknown_column=1)
    np.testing.assert_array_equal(
        scorecard.score(mixed).contributions, scorecard.score(NEW.frame).contributions
    )


def test_row_order_changes_nothing(scorecard: Scorecard) -> None:
    order = np.random.default_rng(3).permutation(len(NEW))
    shuffled = scorecard.score(NEW.frame.iloc[order])
    np.testing.assert_allclose(
        shuffled.contributions, scorecard.score(NEW.frame).contributions[order], atol=1e-12
    )
    assert list(shuffled.lead_ids) == list(NEW.frame.index[order])


def test_a_lead_alone_scores_as_it_does_among_others(scorecard: Scorecard) -> None:
    alone = scorecard.score(NEW.frame.iloc[[17]])
    assert alone.total[0] == pytest.approx(scorecard.score(NEW.frame).total[17], abs=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        {"seniority": "astronaut"},
        {"seniority": None, "budget": None, "visits": None, "has_phone": None},
        {"budget": -1e15, "visits": 1e15},
    ],
    ids=["unseen category", "nothing known", "far outside"],
)
def test_strange_leads_are_scored(scorecard: Scorecard, change: dict[str, Any]) -> None:
    scores = scorecard.score(NEW.frame.head(3).assign(**change))
    assert np.isfinite(scores.contributions).all()
    assert ((scores.low <= scores.probability) & (scores.probability <= scores.high)).all()
    assert set(scores.confidence) <= {"high", "medium", "low", NOT_ENOUGH}


def test_a_missing_column_is_named(scorecard: Scorecard) -> None:
    with pytest.raises(FeaturesMissing, match="budget"):
        scorecard.score(NEW.frame.drop(columns="budget"))


@pytest.mark.few(4)
@pytest.mark.parametrize("name", list(LEARNERS))
@pytest.mark.parametrize("column", ["seniority", "budget"])
@pytest.mark.parametrize("filled", ["missing", "constant"])
def test_a_column_that_says_nothing_is_left_out(name: str, column: str, filled: str) -> None:
    constant: object = "manager" if column == "seniority" else 7.0
    value = None if filled == "missing" else constant
    leads = make(300)
    silent = leads.frame.assign(**{column: pd.Series([value] * 300, leads.frame.index)})
    scorecard = learn(name, type(leads)(silent, leads.labels, leads.moments, leads.chance))
    kept = [feature.name for feature in scorecard.features]
    assert kept == [feature.name for feature in FEATURES if feature.name != column]
    assert np.isfinite(scorecard.score(leads.frame).points).all()
