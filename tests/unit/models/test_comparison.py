"""Champion and challenger on the same leads: who is better, and how many change level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import logit, sigmoid
from models.comparison import changed, compare, level_shifts
from tests.examples import examples
from tests.unit.models.made_up_leads import make

pytestmark = pytest.mark.uncounted

LEADS = make(1500, seed=6)
DRAW = np.random.default_rng(1)
BLURRED = sigmoid(logit(LEADS.chance) + DRAW.normal(0, 1.5, len(LEADS)))
LEVELS = {"unqualified": 0.0, "cold": 30.0, "warm": 50.0, "hot": 70.0}


def test_a_clearly_better_challenger_is_called_better_and_the_reverse_worse() -> None:
    ahead = compare(BLURRED, LEADS.chance, LEADS.labels)
    behind = compare(LEADS.chance, BLURRED, LEADS.labels)
    assert (ahead.verdict, behind.verdict) == ("better", "worse")
    assert ahead.auc.low > 0
    assert behind.auc.high < 0
    assert (ahead.leads, ahead.converted) == (len(LEADS), LEADS.labels.sum())
    for (_, gain), (_, loss) in zip(ahead.rows(), behind.rows(), strict=True):
        assert gain.low <= gain.gain <= gain.high
        assert gain.gain == pytest.approx(-loss.gain)
        assert (gain.champion, gain.challenger) == (loss.challenger, loss.champion)


def test_the_same_model_is_not_better_than_itself() -> None:
    same = compare(LEADS.chance, LEADS.chance, LEADS.labels)
    assert same.verdict == "not clearly better"
    assert all(row.low == row.gain == row.high == 0 for _, row in same.rows())


@pytest.mark.few(3)
@pytest.mark.parametrize("seed", range(6))
def test_two_models_equally_good_are_not_told_apart(seed: int) -> None:
    draw = np.random.default_rng(seed)
    one, other = (sigmoid(logit(LEADS.chance) + draw.normal(0, 0.3, len(LEADS))) for _ in range(2))
    assert compare(one, other, LEADS.labels, seed).verdict == "not clearly better"


def test_a_gain_that_nobody_would_notice_is_not_better_however_certain() -> None:
    nearer = sigmoid(logit(LEADS.chance) + 0.002 * (2 * LEADS.labels - 1))
    found = compare(LEADS.chance, nearer, LEADS.labels)
    assert found.log_loss.low > 0
    assert found.verdict == "not clearly better"


def test_better_in_one_measure_and_worse_in_another_is_not_better() -> None:
    # Ranks as the truth does, and gives everyone nearly no chance.
    shrunk = sigmoid(logit(LEADS.chance) - 4.0)
    mixed = compare(BLURRED, shrunk, LEADS.labels)
    assert mixed.auc.low > 0
    assert mixed.brier.high < 0
    assert mixed.verdict == "not clearly better"


def test_leads_that_all_ended_alike_decide_nothing_about_the_ranking() -> None:
    alike = compare(BLURRED, LEADS.chance, np.zeros(len(LEADS), dtype=np.int64))
    assert np.isnan(alike.auc.gain)
    assert not alike.auc.low > 0
    assert not alike.auc.high < 0


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), max_size=60))
def test_every_lead_is_counted_at_its_two_levels(totals: list[tuple[float, float]]) -> None:
    def level(total: float) -> str:
        return max((start, name) for name, start in LEVELS.items() if total >= start)[1]

    now = np.array([one for one, _ in totals])
    then = np.array([other for _, other in totals])
    shifts = level_shifts(now, then, LEVELS)
    assert sum(shifts.values()) == len(totals)
    for (old, new), count in shifts.items():
        assert count == sum((level(one), level(other)) == (old, new) for one, other in totals)
    assert changed(shifts) == sum(level(one) != level(other) for one, other in totals)
