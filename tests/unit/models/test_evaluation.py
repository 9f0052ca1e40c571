"""Metrics against values worked out by hand."""

import math

import numpy as np
import pytest

from models.evaluation import (
    auc_interval,
    calibration_table,
    evaluate,
    expected_calibration_error,
    lift_table,
)

PROBABILITY = np.array([0.1, 0.4, 0.35, 0.8])
LABELS = np.array([0, 0, 1, 1])


def test_metrics_of_four_leads() -> None:
    metrics = evaluate(PROBABILITY, LABELS)
    # Of the four pairs of a converted and another lead, three are in the right order.
    assert metrics.auc == pytest.approx(0.75)
    assert metrics.brier == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)
    loss = -(math.log(0.9) + math.log(0.6) + math.log(0.35) + math.log(0.8)) / 4
    assert metrics.log_loss == pytest.approx(loss)
    # 0.4 and 0.35 fall into bins of their own: 0.1, 0.4, 0.65 and 0.2 off.
    assert metrics.ece == pytest.approx((0.1 + 0.4 + 0.65 + 0.2) / 4)
    assert metrics.to_dict().keys() == {"auc", "log_loss", "brier", "ece"}


def test_calibration_error_weighs_bins_by_their_size() -> None:
    probability = np.array([0.21, 0.23, 0.25, 0.95])
    labels = np.array([0, 0, 0, 1])
    # Three leads, 0.23 predicted against none; one, 0.95 against 1: errors that must not cancel.
    expected = 0.75 * 0.23 + 0.25 * 0.05
    assert expected_calibration_error(probability, labels, bins=2) == pytest.approx(expected)


def test_a_certain_prediction_belongs_to_the_last_bin() -> None:
    assert expected_calibration_error(np.array([1.0, 0.0]), np.array([1, 0])) == 0


def test_one_kind_of_outcome_has_no_ranking_but_the_rest() -> None:
    metrics = evaluate(np.array([0.2, 0.4]), np.array([0, 0]))
    assert math.isnan(metrics.auc)
    assert metrics.brier == pytest.approx(0.1)


def test_lift_of_ten_leads() -> None:
    probability = np.linspace(1.0, 0.1, 10)
    labels = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 1])
    rows = lift_table(probability, labels, bins=5)
    assert [row["share_of_conversions"] for row in rows] == [0.5, 0.75, 0.75, 0.75, 1.0]
    assert rows[0]["lift"] == pytest.approx(2.5)
    assert rows[-1] == {"share_of_leads": 1.0, "share_of_conversions": 1.0, "lift": 1.0}


def test_calibration_table_of_six_leads() -> None:
    probability = np.array([0.9, 0.1, 0.2, 0.8, 0.5, 0.5])
    labels = np.array([1, 0, 0, 1, 1, 0])
    rows = calibration_table(probability, labels, bins=3)
    assert [row["leads"] for row in rows] == [2, 2, 2]
    assert [row["predicted"] for row in rows] == pytest.approx([0.15, 0.5, 0.85])
    assert [row["observed"] for row in rows] == [0, 0.5, 1]


def test_the_interval_of_the_auc_holds_it_and_narrows() -> None:
    draw = np.random.default_rng(0)
    widths = []
    for count in (100, 3000):
        labels = (draw.random(count) < 0.3).astype(np.int64)
        probability = np.clip(0.3 + 0.2 * labels + draw.normal(0, 0.2, count), 0, 1)
        low, high = auc_interval(probability, labels)
        assert low < evaluate(probability, labels).auc < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2
