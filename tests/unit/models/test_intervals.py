"""Intervals of learned chances, held against the chances that outcomes were drawn with."""

import numpy as np
import pytest

from models.candidates import COMBINATION
from models.recipe import Recipe
from models.refitting import learn_scorecard
from models.scorecard import Scorecard
from tests.unit.models.made_up_leads import FEATURES, Leads, make

pytestmark = pytest.mark.uncounted


def learned(leads: Leads, name: str = COMBINATION, seed: int = 0) -> Scorecard:
    recipe = Recipe(
        leads.frame, leads.labels, leads.moments, FEATURES, seed, np.arange(len(leads.labels))
    )
    return learn_scorecard(recipe, name, np.arange(len(leads)), None)


def held(scorecard: Scorecard, leads: Leads) -> float:
    """The share of leads whose true chance lies in its interval."""
    scores = scorecard.score(leads.frame)
    return float(np.mean((scores.low <= leads.chance) & (leads.chance <= scores.high)))


@pytest.mark.parametrize("count", [400, pytest.param(2000, marks=pytest.mark.long)])
def test_nine_in_ten_true_chances_lie_in_their_interval(count: int) -> None:
    later = make(3000, seed=999)
    shares = [held(learned(make(count, seed), seed=seed), later) for seed in range(8)]
    assert 0.85 <= np.mean(shares) <= 0.96


def test_a_chance_is_never_at_the_end_of_its_interval() -> None:
    scores = learned(make(400)).score(make(500, seed=5).frame)
    odds = [np.log(p / (1 - p)) for p in (scores.low, scores.probability, scores.high)]
    np.testing.assert_allclose(odds[1] - odds[0], odds[2] - odds[1], rtol=1e-6)
    assert (odds[1] - odds[0] > 0.05).all()


def test_a_rare_lead_has_a_wider_interval_than_a_common_one() -> None:
    leads = make(1500)
    scorecard = learned(leads)
    common = {"seniority": "manager", "budget": 18_000.0, "visits": 4.0, "has_phone": 1.0}
    rare = common | {"visits": 30.0}
    one, other = (scorecard.score_one(values) for values in (common, rare))

    def width(low: float, high: float) -> float:
        return float(np.log(high / (1 - high)) - np.log(low / (1 - low)))

    assert width(other.low[0], other.high[0]) > 1.3 * width(one.low[0], one.high[0])


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["gradient boosting", "random forest", "logistic regression"])
def test_every_kind_of_model_says_how_unsure_it_is(kind: str) -> None:
    scorecard = learned(make(800), kind)
    assert scorecard.calibration.doubt is not None
    assert scorecard.calibration.doubt.unsteady > 0
    assert 0.8 <= held(scorecard, make(2000, seed=999)) <= 1.0
