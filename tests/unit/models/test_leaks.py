"""Features that know the outcome are named; honest ones and noise are not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.feature import Dimension, Feature, FeatureKind
from models.leak import Leak
from models.leaks import find_leaks
from tests.examples import examples
from tests.unit.models.made_up_leads import FEATURES, Leads, make

RATES = (0.01, 0.1, 0.5)


def leads_at(rate: float, seed: int = 0) -> Leads:
    """Enough leads for 60 or more conversions."""
    return make(max(600, round(60 / rate)), seed=seed, base_rate=rate)


def with_column(leads: Leads, values: Any, kind: FeatureKind) -> list[Leak]:
    """What is found once a column ``planted`` is added to honest leads."""
    planted = Feature("planted", "Planted", Dimension.FIT, kind)
    frame = leads.frame.assign(planted=pd.Series(values, index=leads.frame.index))
    return find_leaks(frame, leads.labels, (*FEATURES, planted), leads.moments)


@pytest.mark.parametrize("rate", RATES)
def test_a_feature_that_separates_almost_perfectly_is_named(rate: float) -> None:
    leads = leads_at(rate)
    noise = np.random.default_rng(1).normal(size=len(leads))
    for direction in (1, -1):
        (leak,) = with_column(leads, direction * (8 * leads.labels + noise), FeatureKind.NUMERIC)
        assert (leak.feature, leak.kind) == ("planted", "separates")
        assert leak.figure > 0.98
        assert "Planted alone" in leak.words


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("held", [0.5, 1.0])
def test_a_feature_filled_in_only_for_converted_leads_is_named(rate: float, held: float) -> None:
    leads = leads_at(rate)
    draw = np.random.default_rng(2)
    filled = (leads.labels == 1) & (draw.random(len(leads)) < held)
    value = np.where(filled, draw.normal(size=len(leads)), np.nan)
    (leak,) = with_column(leads, value, FeatureKind.NUMERIC)
    assert (leak.feature, leak.kind, leak.figure) == ("planted", "filled in when converted", 1.0)


@pytest.mark.parametrize("rate", RATES)
def test_a_category_only_converted_leads_have_is_named(rate: float) -> None:
    leads = leads_at(rate)
    draw = np.random.default_rng(3)
    customer = (leads.labels == 1) & (draw.random(len(leads)) < 0.6)
    stage = np.where(customer, "customer", draw.choice(["new", "open"], len(leads)))
    (leak,) = with_column(leads, stage.astype(object), FeatureKind.CATEGORICAL)
    assert (leak.feature, leak.kind) == ("planted", "known after the outcome")
    assert "customer" not in leak.words


@pytest.mark.parametrize("rate", RATES)
def test_a_feature_stronger_than_all_others_together_is_named(rate: float) -> None:
    leads = leads_at(rate)
    noise = np.random.default_rng(4).normal(size=len(leads))
    (leak,) = with_column(leads, 2.6 * leads.labels + noise, FeatureKind.NUMERIC)
    assert (leak.feature, leak.kind) == ("planted", "too strong")


def test_a_leak_in_two_guises_is_named_twice() -> None:
    leads = leads_at(0.1)
    noise = np.random.default_rng(4).normal(size=len(leads))
    seconds = 300 + 100 * (2.6 * leads.labels + noise)
    frame = leads.frame.assign(seconds=seconds, minutes=seconds / 60)
    planted = tuple(
        Feature(name, name, Dimension.FIT, FeatureKind.NUMERIC) for name in ("seconds", "minutes")
    )
    found = find_leaks(frame, leads.labels, (*FEATURES, *planted), leads.moments)
    assert {leak.feature for leak in found} == {"seconds", "minutes"}


def test_a_feature_that_tells_the_date_is_not_taken_for_one_that_tells_the_outcome() -> None:
    draw = np.random.default_rng(5)
    count = 4000
    moments = np.datetime64("2025-01-01T00", "h") + np.arange(count)
    # Everything was bought in the last tenth of the time, and an index moved with the date.
    rate = np.where(np.arange(count) > count * 0.9, 0.8, 0.02)
    labels = (draw.random(count) < rate).astype(np.int64)
    frame = pd.DataFrame({"index": np.arange(count) / 1000.0})
    feature = Feature("index", "Index", Dimension.FIT, FeatureKind.NUMERIC)
    assert find_leaks(frame, labels, (feature,), moments) == []
    assert [leak.feature for leak in find_leaks(frame, labels, (feature,))] == ["index"]


@settings(max_examples=examples(40), deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.sampled_from([(24, 0.5), (80, 0.2), (400, 0.05), (2000, 0.01)]),
    dated=st.booleans(),
    missing=st.sampled_from([0.0, 0.3, 0.95]),
)
@example(seed=1, size=(24, 0.5), dated=True, missing=0.0)
@example(seed=8, size=(24, 0.5), dated=False, missing=0.3)
def test_noise_is_never_named(
    seed: int, size: tuple[int, float], dated: bool, missing: float
) -> None:
    count, rate = size
    draw = np.random.default_rng(seed)
    labels = (draw.random(count) < rate).astype(np.int64)
    columns: dict[str, Any] = {
        "number": draw.normal(size=count),
        "skewed": draw.pareto(1.0, count),
        "yes": (draw.random(count) < 0.3).astype(np.float64),
        "few": draw.integers(0, 3, count).astype(str).astype(object),
        "many": draw.integers(0, 50, count).astype(str).astype(object),
        "id": np.arange(count).astype(str).astype(object),
    }
    kinds = [
        FeatureKind.NUMERIC,
        FeatureKind.NUMERIC,
        FeatureKind.BOOLEAN,
        *[FeatureKind.CATEGORICAL] * 3,
    ]
    features = [
        Feature(name, name, Dimension.FIT, kind) for name, kind in zip(columns, kinds, strict=True)
    ]
    frame = pd.DataFrame(columns).mask(draw.random((count, len(columns))) < missing)
    moments = np.datetime64("2025-01-01T00", "h") + np.arange(count)
    assert find_leaks(frame, labels, features, moments if dated else None) == []


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_honest_features_are_not_named(rate: float, seed: int) -> None:
    leads = leads_at(rate, seed)
    assert find_leaks(leads.frame, leads.labels, FEATURES, leads.moments) == []


def test_where_only_one_outcome_is_known_nothing_can_be_said() -> None:
    leads = make(50)
    for outcome in (0, 1):
        labels = np.full(len(leads), outcome)
        assert find_leaks(leads.frame, labels, FEATURES, leads.moments) == []


def test_a_column_of_nothing_but_missing_values_is_harmless() -> None:
    leads = make(200)
    assert with_column(leads, np.full(len(leads), np.nan), FeatureKind.NUMERIC) == []
    assert (
        with_column(leads, np.full(len(leads), None, dtype=object), FeatureKind.CATEGORICAL) == []
    )
