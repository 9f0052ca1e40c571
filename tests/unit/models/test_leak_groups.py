"""Columns that know the outcome are named however they hide: behind each other, in many values, in
purchases after the horizon."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension, Feature, FeatureKind
from models.gate_report import Evidence, proposal
from models.leak import Leak
from models.leaks import find_leaks, too_good
from models.training import train
from tests.unit.models.made_up_leads import FEATURES, Leads, make

pytestmark = pytest.mark.uncounted

RATES = (0.05, 0.1, 0.3)


def planted(leads: Leads, columns: dict[str, Any], **more: Any) -> list[Leak]:
    """What is found once these columns are added to honest leads."""
    frame = leads.frame.assign(**columns)
    kinds = {
        name: FeatureKind.NUMERIC if frame[name].dtype.kind == "f" else FeatureKind.CATEGORICAL
        for name in columns
    }
    features = [Feature(name, name, Dimension.FIT, kinds[name]) for name in columns]
    return find_leaks(frame, leads.labels, (*FEATURES, *features), leads.moments, **more)


def known_together(leads: Leads, count: int, strength: float, common: float) -> dict[str, Any]:
    """Columns that each know the outcome so well, with so much of their noise in common."""
    draw = np.random.default_rng(1)
    noise = np.sqrt(common) * draw.normal(size=len(leads))
    return {
        f"leak_{place}": strength * leads.labels
        + noise
        + np.sqrt(1 - common) * draw.normal(size=len(leads))
        for place in range(count)
    }


@pytest.mark.few(3)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("common", [0.0, 0.6, 0.9])
@pytest.mark.parametrize("count", [2, 8])
def test_leaks_that_hide_each_other_are_all_named(rate: float, common: float, count: int) -> None:
    leads = make(3000, seed=3, base_rate=rate)
    leaks = known_together(leads, count, 1.99, common)  # one alone reaches an AUC of 0.92
    assert {leak.feature for leak in planted(leads, leaks)} == set(leaks)


def test_leaks_of_unlike_strength_are_all_named() -> None:
    leads = make(3000, seed=3, base_rate=0.1)
    leaks = known_together(leads, 3, 1.8, 0.8)
    leaks["strong"] = 2.8 * leads.labels + np.random.default_rng(2).normal(size=3000)
    assert {leak.feature for leak in planted(leads, leaks)} == set(leaks)


def test_many_weak_leaks_that_are_too_good_together_are_doubted() -> None:
    """Each alone is no better than an honest feature may be; together nothing honest is so good."""
    leads = make(4000, seed=3, base_rate=0.2)
    leaks = known_together(leads, 8, 0.9, 0.0)
    found = planted(leads, leaks)
    assert {leak.kind for leak in found} == {"too good together"}
    assert {leak.feature for leak in found} <= set(leaks)
    assert len(found) >= 3
    assert found[0].figure >= 0.95
    assert planted(leads, leaks, suspicious_auc=0.999) == []


@pytest.mark.parametrize("rate", RATES)
def test_a_value_that_comes_with_a_purchase_after_the_horizon_is_named(rate: float) -> None:
    """Half of those who buy do so later than is counted; by what counts, the value is not pure."""
    leads = make(3000, seed=5, base_rate=rate)
    ever = leads.labels.copy()
    late = np.random.default_rng(1).choice(np.flatnonzero(ever == 0), int(ever.sum()), False)
    ever[late] = 1
    deal = np.where((ever == 1) & (np.arange(3000) % 3 > 0), 4200.0, np.nan)
    unaware = planted(leads, {"deal": deal})
    assert "filled in when converted" not in {leak.kind for leak in unaware}
    (leak,) = planted(leads, {"deal": deal}, ever=ever)
    assert (leak.feature, leak.kind) == ("deal", "filled in when converted")


def test_one_slip_among_few_does_not_hide_a_leak() -> None:
    leads = make(1000, seed=5, base_rate=0.1)
    rows = np.concatenate([np.flatnonzero(leads.labels == 1)[:32], [0]])
    assert leads.labels[0] == 0  # 32 of 33 are 96.97 %
    filled = np.full(1000, np.nan)
    filled[rows] = 1.0
    (leak,) = planted(leads, {"signed": filled})
    assert (leak.feature, leak.kind) == ("signed", "filled in when converted")


@pytest.mark.parametrize("rate", RATES)
def test_a_purchase_told_in_many_different_words_is_named(rate: float) -> None:
    leads = make(3000, seed=6, base_rate=rate)
    draw = np.random.default_rng(1)
    half = (leads.labels == 1) & (draw.random(3000) < 0.5)
    product = np.char.add("plan ", draw.integers(0, 12, 3000).astype(str))
    number = np.char.add("contract ", np.arange(3000).astype(str))
    nothing = draw.choice(["none", "open"], 3000)
    for values in (product, number):
        (leak,) = planted(leads, {"stage": np.where(half, values, nothing).astype(object)})
        assert (leak.feature, leak.kind) == ("stage", "known after the outcome")


def test_an_amount_or_a_tick_that_only_customers_have_is_named_where_others_have_nil() -> None:
    leads = make(3000, seed=6, base_rate=0.2)
    draw = np.random.default_rng(1)
    half = (leads.labels == 1) & (draw.random(3000) < 0.5)
    for values in (np.where(half, draw.gamma(2.0, 900.0, 3000), 0.0), half.astype(np.float64)):
        (leak,) = planted(leads, {"paid": values})
        assert (leak.feature, leak.kind) == ("paid", "known after the outcome")


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_what_is_filled_in_when_a_lead_is_lost_is_named(rate: float) -> None:
    leads = make(3000, seed=7, base_rate=rate)
    draw = np.random.default_rng(1)
    lost = (leads.labels == 0) & (draw.random(3000) < 0.5)
    why = np.array(draw.choice(["price", "timing"], 3000), dtype=object)
    why[~lost] = None
    (leak,) = planted(leads, {"reason_lost": why})
    assert (leak.feature, leak.kind) == ("reason_lost", "filled in when lost")


def test_honest_features_in_a_group_are_not_named() -> None:
    """All that a lead clicked goes together, tells more than who it is, and is honest."""
    for seed in range(5):
        leads = make(2500, seed=seed, base_rate=0.2)
        assert planted(leads, known_together(leads, 5, 1.0, 0.7)) == []


def test_above_the_bound_nothing_is_proposed_for_approval_however_it_came_about() -> None:
    """Two columns whose difference is the outcome: alone, and one after the other, they say
    nothing, so that only the figure at the end tells."""
    draw = np.random.default_rng(8)
    leads = make(3000, seed=8, base_rate=0.3)
    before = draw.normal(0.0, 3.0, 3000)
    frame = leads.frame.assign(
        before=before, after=before + 1.6 * leads.labels + 0.2 * draw.normal(size=3000)
    )
    pair = tuple(Feature(n, n, Dimension.FIT, FeatureKind.NUMERIC) for n in ("before", "after"))
    training = train(frame, leads.labels, leads.moments, (*FEATURES, *pair))
    assert training.latest.auc > 0.95
    assert {leak.kind for leak in training.leaks} == {"too good together"}
    assert {"before", "after"} & {leak.feature for leak in training.leaks}
    evidence = Evidence("the rubric", "", None, {}, (), training.leaks)
    assert proposal(evidence) == "reject"


def test_those_that_move_scores_most_are_named_for_a_figure_too_good() -> None:
    weights = [(feature, points) for feature, points in zip(FEATURES, (4, 3, 2, 1), strict=True)]
    named = [leak.feature for leak in too_good(0.96, 0.95, weights)]
    assert named == [FEATURES[0].name, FEATURES[1].name]
    assert "AUC 0.960" in too_good(0.96, 0.95, weights)[0].words
    assert too_good(0.949, 0.95, weights) == []
    assert too_good(float("nan"), 0.95, weights) == []
    assert too_good(1.0, 0.95, [(FEATURES[0], 0.0)]) == []


def test_leaks_are_found_alike_in_any_order_of_rows_and_columns() -> None:
    leads = make(2000, seed=9, base_rate=0.1)
    columns = known_together(leads, 4, 1.7, 0.5)
    frame = leads.frame.assign(**columns)
    features = [Feature(n, n, Dimension.FIT, FeatureKind.NUMERIC) for n in columns]
    order = np.random.default_rng(1).permutation(2000)
    one = find_leaks(frame, leads.labels, features)
    other = find_leaks(
        pd.DataFrame(frame.iloc[order]).reset_index(drop=True), leads.labels[order], features[::-1]
    )
    assert one == other
