"""The expert rubric points the way a salesperson would."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.definitions import DEFINITIONS
from models.rubric import Rubric, RubricInvalid

RUBRIC = Rubric.load()
COUNTS = (
    "services_wanted",
    "website_visits",
    "recent_visits",
    "pricing_views",
    "content_downloads",
    "forms_sent",
    "email_opens",
    "email_clicks",
    "email_replies",
    "meetings",
)
EMPTY: dict[str, Any] = {
    definition.feature.name: None for definition in DEFINITIONS
} | dict.fromkeys(COUNTS, 0.0)
EMPTY |= {"email_kind": "none", "has_phone": 0.0}
EXAMPLE: dict[str, Any] = EMPTY | {
    "seniority": "vice president",
    "email_kind": "company",
    "company_size": 150,
    "budget": 25000.0,
    "timeline_months": 3,
    "services_wanted": 2,
    "website_visits": 8,
    "email_opens": 5,
    "content_downloads": 2,
}
MORE_IS_BETTER = ("budget", *COUNTS)


def total(*leads: dict[str, Any]) -> list[float]:
    """Points of these leads, not clipped."""
    return [float(points) for points in RUBRIC.score(pd.DataFrame(list(leads))).points]


def test_the_example_lead_is_hot_and_an_empty_one_is_not() -> None:
    hot, empty = RUBRIC.score(pd.DataFrame([EXAMPLE, EMPTY])).total
    assert hot >= 70
    assert empty < 45


def test_contributions_add_up_and_ten_points_are_twice_the_odds() -> None:
    scores = RUBRIC.score(pd.DataFrame([EXAMPLE, EMPTY]))
    np.testing.assert_array_equal(scores.points, 50 + scores.contributions.sum(axis=1))
    odds = scores.probability / (1 - scores.probability)
    doublings = (scores.points[0] - scores.points[1]) / 10
    assert odds[0] / odds[1] == pytest.approx(2**doublings)


def test_fifty_points_are_the_base_rate() -> None:
    scores = RUBRIC.score(pd.DataFrame([EXAMPLE]))
    odds = scores.probability / (1 - scores.probability) / 2 ** ((scores.points - 50) / 10)
    assert odds[0] / (1 + odds[0]) == pytest.approx(RUBRIC.base_rate)


def test_it_says_that_it_has_not_enough_history() -> None:
    scores = RUBRIC.score(pd.DataFrame([EXAMPLE]))
    assert (scores.regime, scores.version) == ("rubric", RUBRIC.version)
    assert scores.confidence == ["not enough history"]
    odds = [float(p[0] / (1 - p[0])) for p in (scores.low, scores.probability, scores.high)]
    assert odds[1] / odds[0] == pytest.approx(4)
    assert odds[2] / odds[1] == pytest.approx(4)


@pytest.mark.parametrize("feature", MORE_IS_BETTER)
@given(pair=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)))
def test_more_never_lowers_the_score(feature: str, pair: tuple[float, float]) -> None:
    less, more = sorted(pair)
    low, high = total(EXAMPLE | {feature: less}, EXAMPLE | {feature: more})
    assert low <= high


@given(st.tuples(st.floats(0, 60), st.floats(0, 60)))
def test_a_nearer_start_never_lowers_the_score(pair: tuple[float, float]) -> None:
    sooner, later = sorted(pair)
    near, far = total(EXAMPLE | {"timeline_months": sooner}, EXAMPLE | {"timeline_months": later})
    assert near >= far


@pytest.mark.parametrize("feature", MORE_IS_BETTER)
def test_each_of_them_can_raise_the_score(feature: str) -> None:
    none, much = total(EXAMPLE | {feature: 0.0}, EXAMPLE | {feature: 1e6})
    assert none < much


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_missing_values_have_points_of_their_own(nothing: float | None) -> None:
    known, unknown = total(EXAMPLE, EXAMPLE | {"seniority": nothing})
    assert known - unknown == 9
    assert math.isfinite(total(dict.fromkeys(EMPTY, nothing))[0])


@pytest.mark.parametrize("value", [True, 1, 1.0])
def test_a_phone_number_counts_however_yes_is_written(value: object) -> None:
    assert total(EXAMPLE | {"has_phone": value})[0] == total(EXAMPLE)[0] + 2


@pytest.mark.parametrize(
    ("features", "place"),
    [
        ("{shoe_size: {bands: [[0, 1]]}}", "shoe_size"),
        ("{budget: {bands: [[5, 1], [0, 2]]}}", "budget"),
        ("{budget: {bands: [[0]]}}", "budget"),
        ("{budget: {bands: []}}", "budget"),
        ("{budget: {bands: [[low, 1]]}}", "budget"),
        ("{budget: 3}", "budget"),
        ("{budget: {missing: 1}}", "budget"),
        ("{seniority: {values: {manager: many}}}", "seniority"),
        ("{seniority: {values: [manager]}}", "seniority"),
        ("{seniority: {values: {manager: 1}, missing: none}}", "seniority"),
        ("{}", "at least one feature"),
        ("[budget]", "features"),
        ("{budget: [", "rubric.yaml"),
    ],
)
def test_a_malformed_rule_is_refused_by_its_place(
    tmp_path: Path, features: str, place: str
) -> None:
    path = tmp_path / "rubric.yaml"
    path.write_text(f"version: 1\nbase_rate: 0.1\nfeatures: {features}\n")
    with pytest.raises(RubricInvalid, match=f"rubric.yaml.*{place}" if place[0] != "r" else place):
        Rubric.load(path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "features"),
        ("just words", "features"),
        ("base_rate: 0.1\nfeatures: {budget: {bands: [[0, 1]]}}", "version"),
        ("version: 1\nfeatures: {budget: {bands: [[0, 1]]}}", "base_rate"),
        ("version: 1\nbase_rate: 5\nfeatures: {budget: {bands: [[0, 1]]}}", "base_rate"),
        ("version: 1\nbase_rate: some\nfeatures: {budget: {bands: [[0, 1]]}}", "base_rate"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "rubric.yaml"
    path.write_text(text)
    with pytest.raises(RubricInvalid, match=f"rubric.yaml.*{place}"):
        Rubric.load(path)


FADING = """
version: "1"
base_rate: 0.1
bounds:
  engagement: [-5, 12]
features:
  meetings:
    half_life_days: 30
    bands: [[0, -2], [1, 8]]
  email_replies:
    bands: [[0, 0], [1, 9]]
"""


@pytest.mark.parametrize(("days", "points"), [(0.0, 8.0), (30.0, 4.0), (60.0, 2.0), (None, 8.0)])
def test_what_speaks_for_a_lead_fades_with_silence(days: float | None, points: float) -> None:
    rubric = Rubric.parse(FADING)
    values = {"meetings": 1.0, "email_replies": 0.0, "days_since_active": days}
    assert rubric.score_one(values).contributions[0, 0] == pytest.approx(points)


def test_what_speaks_against_a_lead_does_not_fade() -> None:
    values = {"meetings": 0.0, "email_replies": 0.0, "days_since_active": 90.0}
    assert Rubric.parse(FADING).score_one(values).points[0] == pytest.approx(48.0)


def test_a_dimension_keeps_its_bounds_and_the_total_stays_a_sum() -> None:
    values = {"meetings": 3.0, "email_replies": 2.0, "days_since_active": 0.0}
    scores = Rubric.parse(FADING).score_one(values)
    assert scores.points[0] == pytest.approx(62.0)
    assert scores.contributions[0, :2].tolist() == pytest.approx([12 * 8 / 17, 12 * 9 / 17])


@pytest.mark.parametrize("change", ["half_life_days: 0", "half_life_days: soon"])
def test_a_half_life_must_be_a_time(change: str) -> None:
    with pytest.raises(RubricInvalid, match="meetings"):
        Rubric.parse(FADING.replace("half_life_days: 30", change))
