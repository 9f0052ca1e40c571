"""How a model does for each kind of lead, and which kinds it is off for."""

import numpy as np
import pytest

from models.calibration import logit, sigmoid
from models.segments import Segment, segments
from tests.unit.models.made_up_leads import FEATURES, Leads, make


@pytest.fixture(scope="module")
def leads() -> Leads:
    return make(6000, seed=3)


def named(found: list[Segment], feature: str) -> dict[str, Segment]:
    return {segment.value: segment for segment in found if segment.feature == feature}


def test_every_lead_is_in_one_segment_of_each_feature(leads: Leads) -> None:
    found = segments(leads.frame, leads.labels, leads.chance, FEATURES)
    for feature in ("Job level", "Budget", "Visits"):
        parts = named(found, feature).values()
        assert sum(part.leads for part in parts) == len(leads)
        assert sum(part.converted for part in parts) == leads.labels.sum()
    assert "not known" in named(found, "Budget")
    assert "not known" in named(found, "Job level")


def test_figures_are_those_of_the_segment_s_leads(leads: Leads) -> None:
    rows = (leads.frame["seniority"] == "manager").to_numpy()
    part = named(segments(leads.frame, leads.labels, leads.chance, FEATURES), "Job level")[
        "manager"
    ]
    assert part.leads == rows.sum()
    assert part.observed == pytest.approx(leads.labels[rows].mean())
    assert part.predicted == pytest.approx(leads.chance[rows].mean())
    assert part.gap == pytest.approx(part.predicted - part.observed)
    assert part.gap_low < part.gap < part.gap_high
    assert part.auc_low < part.auc < part.auc_high


def test_a_segment_the_model_misses_is_flagged_and_the_others_are_not(leads: Leads) -> None:
    rows = (leads.frame["seniority"] == "executive").to_numpy()
    draw = np.random.default_rng(4)
    labels = (draw.random(len(leads)) < leads.chance).astype(np.int64)
    said = leads.chance.copy()
    said[rows] = sigmoid(logit(said[rows]) + 1.0)
    found = segments(leads.frame, labels, said, FEATURES[:1])
    assert [part.value for part in found if part.off] == ["executive"]


@pytest.mark.parametrize("seed", range(8))
def test_a_calibrated_model_is_flagged_nowhere(leads: Leads, seed: int) -> None:
    draw = np.random.default_rng(seed)
    labels = (draw.random(len(leads)) < leads.chance).astype(np.int64)
    found = segments(leads.frame, labels, leads.chance, FEATURES)
    assert not [part for part in found if part.off]


def test_small_segments_are_left_out_and_few_outcomes_have_no_auc() -> None:
    leads = make(200, seed=1, base_rate=0.02)
    found = segments(leads.frame, leads.labels, leads.chance, FEATURES)
    assert found
    assert min(part.leads for part in found) >= 30
    assert all(np.isnan(part.auc) for part in found if part.converted < 5)
    assert segments(leads.frame[:20], leads.labels[:20], leads.chance[:20], FEATURES) == []


def test_a_model_that_gives_no_chance_at_all_has_an_interval_all_the_same() -> None:
    leads = make(400, seed=1)
    found = segments(leads.frame, leads.labels, np.zeros(len(leads)), FEATURES[:1])
    assert all(part.gap_low < part.gap < part.gap_high for part in found)
    assert any(part.off for part in found)
