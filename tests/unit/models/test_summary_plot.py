"""The summary of contributions shows every lead, coloured by the feature's value."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension, Feature, FeatureKind
from models.plots import PLOTS, write_plots
from models.summary_plot import MOST_LEADS, place_in_range, summary
from models.training import train
from tests.unit.models.made_up_leads import FEATURES, learn, make

pytestmark = pytest.mark.uncounted

NUMBER = Feature("budget", "Budget", Dimension.FIT, FeatureKind.NUMERIC)
WORD = Feature("level", "Level", Dimension.FIT, FeatureKind.CATEGORICAL)


def test_numbers_are_coloured_by_their_order_and_unknown_ones_not_at_all() -> None:
    colour = place_in_range(pd.Series([5.0, None, 1.0, 1e9]), NUMBER, np.zeros(4))
    np.testing.assert_array_equal(colour, [0.5, np.nan, 0.0, 1.0])


def test_categories_are_coloured_by_the_points_they_bring() -> None:
    column = pd.Series(["b", "a", "b", None], dtype=object)
    colour = place_in_range(column, WORD, np.array([2.0, -1.0, 2.0, 0.0]))
    np.testing.assert_array_equal(colour, [1.0, 0.0, 1.0, np.nan])


def test_every_sampled_lead_is_a_dot_at_its_points_in_each_feature_s_row() -> None:
    from matplotlib.figure import Figure

    leads = make(900)
    scores = learn("logistic regression", leads).score(leads.frame)
    axes = Figure().add_subplot()
    strongest = summary(axes, scores, leads.frame)
    mean = np.abs(scores.contributions).mean(axis=0)
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert set(labels) == {feature.label for feature in FEATURES}
    assert strongest == labels[-1] == scores.features[int(mean.argmax())].label
    dots = np.concatenate([np.asarray(drawn.get_offsets()) for drawn in axes.collections])
    assert len(dots) == MOST_LEADS * len(FEATURES)
    rows = np.rint(dots[:, 1]).astype(int)
    assert np.abs(dots[:, 1] - rows).max() < 0.41
    sample = np.unique(np.linspace(0, 899, MOST_LEADS).astype(int))
    drawn = np.sort(dots[rows == len(FEATURES) - 1, 0])
    np.testing.assert_allclose(drawn, np.sort(scores.contributions[sample, mean.argmax()]))


def test_every_picture_is_written(tmp_path: Path) -> None:
    leads = make(400)
    write_plots(train(leads.frame, leads.labels, leads.moments, FEATURES), tmp_path)
    assert {path.stem for path in tmp_path.glob("*.png")} == set(PLOTS)
    assert all(path.stat().st_size > 5000 for path in tmp_path.iterdir())
