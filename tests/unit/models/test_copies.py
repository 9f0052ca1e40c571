"""A lead that stands in the data several times is one lead; leads that look alike are not."""

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension, Feature, FeatureKind
from models.blocks import latest_block, rolling_origin
from models.copies import copies, find_copies
from models.evaluation import auc, auc_interval
from models.training import train
from models.training_report import write_report
from tests.unit.models.made_up_leads import FEATURES, make

pytestmark = pytest.mark.uncounted

NUMBERS = tuple(f"number_{place}" for place in range(5))
RICH = tuple(
    Feature(
        name,
        name,
        Dimension.FIT,
        FeatureKind.NUMERIC if name in NUMBERS else FeatureKind.CATEGORICAL,
    )
    for name in (*NUMBERS, "trade", "city", "source", "note")
)


def rich(count: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Leads of whom much is known, so that no two are the same by chance."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({name: draw.gamma(2.0, 100.0, count) for name in NUMBERS})
    for name in ("trade", "city", "source", "note"):
        frame[name] = draw.choice(list("abcdefgh"), count)
    merit = frame["number_0"] / 100 + draw.logistic(size=count)
    return frame, (merit > np.quantile(merit, 0.8)).to_numpy(dtype=np.int64)


def over_again(
    frame: pd.DataFrame, labels: np.ndarray, times: int, seed: int = 1
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Every lead so many times, mixed, and which lead each is."""
    which = np.random.default_rng(seed).permutation(np.tile(np.arange(len(labels)), times))
    names = [f"lead_{place}" for place in range(len(which))]
    return frame.iloc[which].set_axis(names), labels[which], which


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


@pytest.mark.parametrize("times", [2, 5])
def test_every_row_several_times_is_one_lead_each(times: int) -> None:
    frame, labels, which = over_again(*rich(400), times)
    units = find_copies(frame, labels, RICH)
    assert same_partition(units, which)
    assert copies(units) == 400 * (times - 1)


def test_leads_alike_by_chance_are_counted_with_their_copies_where_all_stand_twice() -> None:
    leads = make(640)
    frame, labels, _ = over_again(leads.frame, leads.labels, 2)
    assert copies(find_copies(frame, labels, FEATURES)) == 640


def test_some_rows_there_twice_are_found_among_the_others() -> None:
    frame, labels = rich(1000)
    both = pd.concat([frame, frame.iloc[:150]], ignore_index=True)
    units = find_copies(both, np.concatenate([labels, labels[:150]]), RICH)
    assert 150 <= copies(units) <= 157  # a few that nearly look alike may be taken along
    np.testing.assert_array_equal(units[1000:], units[:150])


def test_near_copies_are_found_too() -> None:
    """Numbers a little off, a word changed, and an id of each row's own."""
    frame, labels, which = over_again(*rich(800), 2)
    draw = np.random.default_rng(2)
    for name in NUMBERS:
        frame[name] *= 1 + 0.005 * draw.normal(size=len(frame))
    frame["note"] = np.where(draw.random(len(frame)) < 0.3, "changed", frame["note"])
    frame["id"] = [f"row {place}" for place in range(len(frame))]
    identity = Feature("id", "Id", Dimension.FIT, FeatureKind.CATEGORICAL)
    units = find_copies(frame, labels, (*RICH, identity))
    assert copies(units) > 0.9 * 800
    assert len(set(zip(units, which, strict=True))) == len(set(units))  # nobody else is joined


@pytest.mark.parametrize("base_rate", [0.05, 0.3, 0.6])
def test_leads_of_whom_little_is_known_are_not_taken_for_copies(base_rate: float) -> None:
    for seed in range(4):
        leads = make(900, seed=seed, base_rate=base_rate)
        assert leads.frame.duplicated().sum() > 20
        assert copies(find_copies(leads.frame, leads.labels, FEATURES)) == 0


def test_one_category_in_many_guises_makes_no_copies() -> None:
    draw = np.random.default_rng(3)
    product = draw.integers(0, 50, 4000)
    frame = pd.DataFrame({f"guise_{place}": product * (place + 1.0) for place in range(8)})
    labels = (draw.random(4000) < 0.05 + 0.01 * product).astype(np.int64)
    guises = tuple(Feature(str(n), str(n), Dimension.FIT, FeatureKind.NUMERIC) for n in frame)
    assert copies(find_copies(frame, labels, guises)) == 0


@pytest.mark.parametrize("dated", [True, False])
def test_copies_are_never_on_both_sides(dated: bool) -> None:
    units = np.random.default_rng(5).permutation(np.repeat(np.arange(150), 4))
    labels = units % 2
    moments = np.datetime64("2025-01-01") + np.arange(600) * int(dated)
    splits = [
        *rolling_origin(moments, labels, units=units),
        latest_block(moments, labels, 0.2, 0, units),
    ]
    for past, block in splits:
        assert not set(units[past]) & set(units[block])
        assert 0.3 < labels[block].mean() < 0.7
        if dated:
            assert moments[past].max() < moments[block].min()


def test_the_interval_is_that_of_the_leads_however_often_each_is_there() -> None:
    draw = np.random.default_rng(6)
    labels = np.arange(100) % 2
    probability = np.clip(0.4 + 0.2 * labels + draw.normal(0, 0.2, 100), 0, 1)
    low, high = auc_interval(probability, labels)
    which = np.tile(np.arange(100), 9)
    narrow = auc_interval(probability[which], labels[which])
    honest = auc_interval(probability[which], labels[which], units=which)
    assert honest[1] - honest[0] == pytest.approx(high - low, rel=0.2)
    assert narrow[1] - narrow[0] < (high - low) / 2


@pytest.mark.long
def test_what_stands_there_five_times_is_not_judged_better_and_it_is_said() -> None:
    leads = make(400, seed=2)
    frame, labels, _ = over_again(leads.frame, leads.labels, 5)
    training = train(frame, labels, np.full(2000, leads.moments[0]), FEATURES)
    unseen = make(3000, seed=9)
    scored = training.scorecard.score(unseen.frame).probability
    assert training.auc_low <= auc(scored, unseen.labels)
    assert training.auc_high - training.auc_low > 0.05
    assert (training.leads, training.copies) == (2000, 1600)
    assert "1,600 leads are copies of another" in write_report(training, 90)
