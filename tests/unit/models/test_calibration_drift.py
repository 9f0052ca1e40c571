"""Probabilities that no longer hold are found; those that do are left in peace."""

import numpy as np
import pytest

from models.calibration import Vector, logit, sigmoid
from models.calibration_drift import CalibrationCheck, check

BOUND = 1.25


def scored(count: int, seed: int, slope: float = 1.0, odds: float = 1.0) -> tuple[Vector, Vector]:
    """Probabilities given, and outcomes whose log-odds are ``slope`` times theirs, plus odds."""
    draw = np.random.default_rng(seed)
    log_odds = draw.normal(-1.6, 1.0, count)
    truth = sigmoid(slope * (log_odds + 1.6) - 1.6 + np.log(odds))
    return sigmoid(log_odds), (draw.random(count) < truth).astype(np.int64)


def test_observed_over_expected_and_its_interval_are_as_worked_out_by_hand() -> None:
    probability = np.repeat([0.2, 0.4], 200)
    converted = np.tile([1, 0, 0, 0, 0], 80)  # 80 of 400, where 40 + 80 were expected
    found = check(probability, converted, BOUND)
    assert (found.leads, found.converted) == (400, 80)
    assert found.expected == pytest.approx(120.0)
    # exp(2.5758 · sqrt((1 - 0.2) / 80)) = exp(0.25758)
    assert found.ratio == pytest.approx((2 / 3, 2 / 3 / 1.29380, 2 / 3 * 1.29380), rel=1e-4)


def test_the_calibration_in_the_large_of_one_probability_is_a_difference_of_log_odds() -> None:
    probability = np.full(1000, 0.2)
    converted = np.tile([1, 0], 500)
    found = check(probability, converted, BOUND)
    assert found.shift is not None
    value, low, high = found.shift
    assert value == pytest.approx(logit(np.array([0.5]))[0] - logit(np.array([0.2]))[0], rel=1e-3)
    # The variance is 1 / (n · p · (1 - p)) = 1 / 250.
    assert high - low == pytest.approx(2 * 2.5758 / np.sqrt(250), rel=1e-3)


def test_the_slope_that_outcomes_were_drawn_with_is_found() -> None:
    for slope in (0.5, 1.0, 2.0):
        found = check(*scored(50_000, 1, slope), BOUND)
        assert found.slope is not None
        value, low, high = found.slope
        assert value == pytest.approx(slope, abs=0.05)
        assert low < slope < high


@pytest.mark.parametrize("count", [150, 600, 4000])
def test_honest_probabilities_raise_no_alarm(count: int) -> None:
    """60 samples at each size; each of two intervals is wrong once in a hundred times, and only
    beyond the bound does that count."""
    alarms = [seed for seed in range(60) if check(*scored(count, seed), BOUND).alarming]
    assert len(alarms) <= 3


@pytest.mark.parametrize("seed", range(5))
def test_a_base_rate_that_doubles_is_found(seed: int) -> None:
    found = check(*scored(800, seed, odds=2.6), BOUND)
    assert found.ratio is not None
    assert found.ratio[0] == pytest.approx(1.9, abs=0.35)
    assert found.verdict == "too low"
    assert "Probabilities are too low" in found.words


@pytest.mark.parametrize("seed", range(5))
def test_a_base_rate_that_halves_is_found(seed: int) -> None:
    assert check(*scored(1500, seed, odds=0.4), BOUND).verdict == "too high"


def test_the_right_number_in_the_wrong_places_is_found() -> None:
    probability, _ = scored(4000, 3)
    flat = (np.random.default_rng(3).random(4000) < probability.mean()).astype(np.int64)
    assert check(probability, flat, BOUND).verdict == "too extreme"


def test_less_than_the_bound_is_no_alarm_however_sure() -> None:
    found = check(*scored(200_000, 4, odds=1.15), BOUND)
    assert found.ratio is not None
    assert found.ratio[1] > 1.05
    assert not found.alarming


@pytest.mark.parametrize(("total", "converted"), [(0, 0), (500, 0), (500, 19), (500, 481)])
def test_too_few_matured_say_so_and_never_alarm(total: int, converted: int) -> None:
    labels = np.array([1] * converted + [0] * (total - converted), dtype=np.int64)
    found = check(np.full(total, 0.9), labels, BOUND)
    assert (found.verdict, found.ratio, found.metrics) == ("too few", None, None)
    assert "Too few matured" in found.words
    assert not found.alarming


@pytest.mark.parametrize("sure", [0.0, 1e-9, 0.5])
def test_certain_and_constant_probabilities_have_figures_too(sure: float) -> None:
    labels = np.repeat([0, 1], 100)
    for probability in (np.full(200, max(sure, 0.3)), np.repeat([sure, 1 - sure], 100)):
        found = check(probability, labels, BOUND)
        assert isinstance(found, CalibrationCheck)
        assert found.shift is not None
        assert all(np.isfinite(found.shift))
