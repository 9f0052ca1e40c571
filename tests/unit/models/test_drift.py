"""Drift is found where leads differ, and never where only chance does."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension, Feature, FeatureKind
from models.drift import MINIMUM_LEADS, Drift, measure, stability_index
from models.reference import Reference

pytestmark = pytest.mark.uncounted

FEATURES = (
    Feature("budget", "Budget", Dimension.FIT, FeatureKind.NUMERIC),
    Feature("visits", "Visits", Dimension.BEHAVIOURAL, FeatureKind.NUMERIC),
    Feature("industry", "Industry", Dimension.FIT, FeatureKind.CATEGORICAL),
    Feature("has_phone", "Phone", Dimension.DEMOGRAPHIC, FeatureKind.BOOLEAN),
)
MANY = ((2000, 2000), (2000, 60), (100, 2000))
INDUSTRIES = np.array(["retail", "finance", "health", "rare", None], dtype=object)


def leads(count: int, seed: int, **changed: Any) -> pd.DataFrame:
    """Leads of one kind, with some columns replaced."""
    draw = np.random.default_rng(seed)
    budget = np.where(draw.random(count) < 0.2, np.nan, draw.lognormal(9, 1, count))
    frame = pd.DataFrame(
        {
            "budget": budget,
            "visits": draw.poisson(0.8, count).astype(np.float64),
            "industry": INDUSTRIES[draw.choice(5, count, p=[0.4, 0.3, 0.2, 0.002, 0.098])],
            "has_phone": (draw.random(count) < 0.4).astype(np.float64),
        }
    )
    return frame.assign(**changed)


def drift(then: pd.DataFrame, now: pd.DataFrame) -> Drift:
    return measure(Reference.of(then, FEATURES), now)


def verdicts(found: Drift) -> dict[str, str]:
    return {item.name: item.verdict for item in found.features}


def test_the_index_of_two_bins_is_as_worked_out_by_hand() -> None:
    # Half a lead is added to each bin: shares 1.5/3 and 1.5/3, then 3.5/4 and 0.5/4.
    parts = stability_index(np.array([1, 1]), np.array([3, 0]))
    assert parts == pytest.approx([0.375 * math.log(1.75), 0.375 * math.log(4.0)])
    # With many leads that half vanishes: 50 and 50 % become 80 and 20 %.
    many = stability_index(np.array([500_000, 500_000]), np.array([800_000, 200_000]))
    by_hand = 0.3 * math.log(0.8 / 0.5) - 0.3 * math.log(0.2 / 0.5)
    assert many.sum() == pytest.approx(by_hand, abs=1e-4)


def test_bins_of_numbers_are_tenths_and_missing_is_one_of_its_own() -> None:
    column = pd.DataFrame({"budget": [*map(float, range(1, 101)), *[None] * 20]})
    reference = Reference.of(column, FEATURES[:1]).features[0]
    assert reference.edges == pytest.approx((10, 20, 30, 40, 50, 60, 70, 80, 90))
    assert reference.counts == (*[10] * 10, 20)
    assert (reference.names[0], reference.names[-1]) == ("up to 10", "missing")
    more = pd.Series([10.0, 10.5, -5.0, 1e9, np.inf, np.nan])
    assert reference.count(more).tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2]


def test_rare_and_unseen_categories_share_a_bin() -> None:
    reference = Reference.of(leads(5000, 1), FEATURES).features[2]
    assert reference.categories == ("retail", "finance", "health")
    count = reference.count(pd.Series(["rare", "mining", None, "retail"], dtype=object))
    assert dict(zip(reference.names, count.tolist(), strict=True)) == {
        "retail": 1,
        "finance": 0,
        "health": 0,
        "another": 2,
        "missing": 1,
    }


def test_a_reference_comes_back_from_json_as_it_was() -> None:
    reference = Reference.of(leads(300, 2), FEATURES)
    assert Reference.from_dict(json.loads(json.dumps(reference.to_dict()))) == reference


@pytest.mark.parametrize(
    ("then", "now"),
    [(300, 60), *(pytest.param(*many, marks=pytest.mark.long) for many in MANY)],
)
def test_without_drift_there_is_no_alarm(then: int, now: int) -> None:
    """80 pairs of samples: with one check in a thousand wrong, two or more would be bad luck of
    about one in three hundred."""
    alarms = [
        item.name
        for seed in range(80)
        for item in drift(leads(then, seed), leads(now, 10_000 + seed)).features
        if item.verdict != "steady"
    ]
    assert len(alarms) <= 1


def test_the_index_to_expect_by_chance_is_what_it_is_on_average() -> None:
    found = [drift(leads(1000, s), leads(400, 500 + s)).features for s in range(60)]
    for name in ("budget", "industry", "has_phone"):
        pairs = [(i.psi, i.by_chance) for items in found for i in items if i.name == name]
        measured, expected = np.mean(pairs, axis=0)
        assert measured == pytest.approx(expected, rel=0.35), name


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("budget", {"budget": np.random.default_rng(9).lognormal(10.5, 1, 400)}),
        ("budget", {"budget": np.nan}),
        ("visits", {"visits": np.random.default_rng(9).poisson(3.0, 400).astype(np.float64)}),
        ("industry", {"industry": np.where(np.arange(400) % 2, "mining", "retail")}),
        ("industry", {"industry": None}),
        ("has_phone", {"has_phone": 1.0}),
    ],
    ids=["larger", "all missing", "counts", "new category", "no category", "always"],
)
def test_what_differs_is_found_and_named_and_the_rest_is_not(
    name: str, changed: dict[str, object]
) -> None:
    found = drift(leads(2000, 3), leads(400, 4, **changed))
    assert verdicts(found) == {f.name: "shifted" if f.name == name else "steady" for f in FEATURES}
    assert found.features[0].name == name
    assert found.features[0].label in found.words


def test_a_small_move_is_seen_but_is_no_alarm() -> None:
    phone = (np.random.default_rng(5).random(3000) < 0.58).astype(np.float64)
    found = drift(leads(3000, 5), leads(3000, 6, has_phone=phone))
    assert verdicts(found)["has_phone"] == "moved"
    assert not found.shifted


def test_a_column_that_is_gone_counts_as_missing() -> None:
    found = drift(leads(1000, 3), leads(1000, 4).drop(columns="industry"))
    assert verdicts(found)["industry"] == "shifted"
    assert (found.features[0].name, found.features[0].share_now) == ("industry", 0.0)


@pytest.mark.parametrize("count", [0, 1, MINIMUM_LEADS - 1])
def test_too_few_leads_never_alarm_however_different(count: int) -> None:
    found = drift(leads(2000, 3), leads(count, 4, industry="mining", budget=1.0))
    assert set(verdicts(found).values()) == {"too few"}
    assert not found.enough
    assert "Too few to say" in found.words


def test_nothing_known_then_and_now_is_steady() -> None:
    nothing = leads(100, 1, budget=np.nan, industry=None)
    found = verdicts(drift(nothing, nothing))
    assert (found["budget"], found["industry"]) == ("steady", "steady")
