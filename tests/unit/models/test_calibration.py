"""A probability means what it says, and its interval says how sure that is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import FEWEST_SIMILAR, NOT_ENOUGH, Calibration, logit, sigmoid
from models.evaluation import expected_calibration_error

pytestmark = pytest.mark.uncounted


def drawn(count: int, seed: int, spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """True log-odds, and outcomes drawn with them."""
    draw = np.random.default_rng(seed)
    log_odds = draw.normal(-1.0, spread, count)
    return log_odds, (draw.random(count) < sigmoid(log_odds)).astype(np.int64)


@given(st.floats(-25, 25))
def test_log_odds_and_probability_are_each_others_inverse(value: float) -> None:
    assert float(logit(sigmoid(np.array([value])))[0]) == pytest.approx(value, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("stretch", "shift"), [(4.0, 0.0), (0.25, 2.0), (1.0, -3.0)])
def test_distorted_log_odds_are_made_honest(stretch: float, shift: float) -> None:
    log_odds, labels = drawn(20_000, 1)
    fitted = Calibration.learn([(log_odds * stretch + shift, labels)])
    new, truth = drawn(20_000, 2)
    probability = sigmoid(fitted.log_odds(new * stretch + shift))
    assert expected_calibration_error(probability, truth) < 0.01
    assert expected_calibration_error(sigmoid(new * stretch + shift), truth) > 0.02 or stretch == 1


def test_the_latest_block_says_how_many_convert() -> None:
    """The share that converts has grown; a shift learned from all blocks would be too low."""
    draw = np.random.default_rng(5)
    raw = draw.normal(0.0, 1.0, (2, 8000))
    labels = (draw.random((2, 8000)) < sigmoid(raw + np.array([[-3.0], [0.0]]))).astype(np.int64)
    fitted = Calibration.learn([(raw[0], labels[0]), (raw[1], labels[1])])
    assert fitted.slope == pytest.approx(1.0, abs=0.1)
    assert sigmoid(fitted.log_odds(raw[1])).mean() == pytest.approx(labels[1].mean(), abs=0.01)


@given(st.integers(0, 1000), st.sampled_from([25, 60, 400, 2000]))
def test_the_chance_lies_inside_its_interval_and_never_at_its_end(seed: int, count: int) -> None:
    raw, labels = drawn(count, seed)
    labels[:2] = 0, 1
    fitted = Calibration.learn([(raw, labels)])
    far = np.concatenate([raw, [-8.0, 8.0]])
    chance, (low, high) = sigmoid(fitted.log_odds(far)), fitted.interval(far, nil(far))
    assert ((low > 0) & (low < chance)).all()
    assert ((chance < high) & (high < 1)).all()


def nil(raw: np.ndarray) -> np.ndarray:
    """The rarity of leads that a model knows without doubt: only the line is left to be unsure."""
    return np.zeros(len(raw))


def test_more_history_narrows_the_interval() -> None:
    widths = []
    for count in (100, 1000, 10_000):
        low, high = Calibration.learn([drawn(count, 3)]).interval(np.array([-1.0]), np.zeros(1))
        widths.append(float(high[0] - low[0]))
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 2


@pytest.mark.parametrize("count", [150, 600, 3000])
def test_intervals_of_90_percent_hold_the_true_chance_in_85_to_95(count: int) -> None:
    right = []
    for seed in range(150):
        fitted = Calibration.learn([drawn(count, seed)])
        log_odds, _ = drawn(500, 1000 + seed)
        low, high = fitted.interval(log_odds, nil(log_odds))
        truth = sigmoid(log_odds)
        right.append(np.mean((low <= truth) & (truth <= high)))
    assert 0.85 <= np.mean(right) <= 0.95


def test_intervals_hold_the_true_chance_where_more_convert_than_before() -> None:
    right = []
    for seed in range(20):
        draw = np.random.default_rng(seed)
        raw = draw.normal(0.0, 1.0, (3, 3000))
        truth = sigmoid(raw + np.array([[-3.2], [-3.2], [-1.0]]))
        labels = (draw.random(raw.shape) < truth).astype(np.int64)
        fitted = Calibration.learn(list(zip(raw, labels, strict=True)))
        low, high = fitted.interval(raw[2], nil(raw[2]))
        right.append(np.mean((low <= truth[2]) & (truth[2] <= high)))
    assert np.mean(right) > 0.8


def test_few_outcomes_do_not_make_a_steep_line() -> None:
    """Thirty leads by luck in order; the line stays near the slope that a sound model has."""
    raw = np.linspace(-1.0, 1.0, 30)
    labels = (raw > 0.6).astype(np.int64)
    assert Calibration.learn([(raw, labels)]).slope < 2.5


def test_few_outcomes_bear_no_chance_beyond_what_was_seen() -> None:
    """A model that is sure of itself, and is no more right about its best leads than by half."""
    draw = np.random.default_rng(3)
    raw = np.concatenate([draw.normal(-4.0, 0.3, 300), np.full(25, 4.0)])
    labels = np.concatenate([draw.random(300) < 0.05, draw.random(25) < 0.5]).astype(np.int64)
    fitted = Calibration.learn([(raw, labels)])
    assert float(sigmoid(fitted.log_odds(np.array([4.0])))[0]) < 0.8


def test_an_order_that_means_nothing_gives_everyone_the_base_rate() -> None:
    raw, labels = drawn(4000, 4)
    fitted = Calibration.learn([(-raw, labels)])
    probability = sigmoid(fitted.log_odds(-raw))
    np.testing.assert_allclose(probability, labels.mean(), atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_scores_that_differ_by_rounding_only_give_everyone_the_base_rate(seed: int) -> None:
    """A rubric that knows nothing of these leads gives all the same, but for the last digit."""
    draw = np.random.default_rng(seed)
    labels = (draw.random(3000) < 0.01).astype(np.int64)
    raw = np.full(3000, draw.uniform(-5.0, 5.0)) * (1 + 2.3e-16 * draw.integers(-1, 2, 3000))
    learned = Calibration.learn([(raw[:1000], labels[:1000]), (raw[1000:], labels[1000:])])
    assert learned.slope <= 1e-6
    assert sigmoid(learned.log_odds(raw)) == pytest.approx(labels[1000:].mean(), rel=1e-4)


def test_confidence_is_how_many_doublings_the_interval_spans() -> None:
    def ends(doublings: float) -> tuple[np.ndarray, np.ndarray]:
        half = np.array([doublings * np.log(2) / 2])
        return sigmoid(-half), sigmoid(half)

    fitted = Calibration.learn([drawn(400, 1)])
    words = [
        fitted.confidence(*ends(doublings), np.array([1e6]))[0]
        for doublings in (0.9, 1.1, 1.9, 2.1)
    ]
    assert words == ["high", "medium", "medium", "low"]


def test_where_hardly_any_lead_is_similar_there_is_not_enough_history() -> None:
    fitted = Calibration.learn([drawn(4000, 1)])
    assert fitted.doubt is not None
    moving = replace(fitted, doubt=replace(fitted.doubt, unsteady=1.0))
    similar, raw = np.array([FEWEST_SIMILAR - 1, 1000.0]), np.array([-1.0, -1.0])
    low, high = moving.interval(raw, 1.0 / similar)
    assert moving.confidence(low, high, similar)[0] == NOT_ENOUGH
    assert moving.confidence(low, high, similar)[1] != NOT_ENOUGH
    assert high[0] - low[0] > 1.5 * (high[1] - low[1])
