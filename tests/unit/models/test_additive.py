"""An additive model is the sum of its features' curves, however it was learned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import additive_boosting, linear, naive_bayes
from models.additive import AdditiveModel, Curve, Line, weighted_sum
from models.encoding import Encoding
from models.trees import grow
from tests.examples import examples
from tests.unit.models.made_up_leads import FEATURES, Leads, make

LEARNERS = [additive_boosting.learn, linear.learn, naive_bayes.learn]


@pytest.fixture(scope="module")
def leads() -> Leads:
    return make(1500)


def learned(leads: Leads, learner: object) -> tuple[AdditiveModel, Encoding]:
    encoding = Encoding.learn(leads.frame, FEATURES)
    return learner(encoding.matrix(leads.frame), leads.labels, encoding, 0), encoding  # type: ignore[operator]


def test_curves_give_exactly_what_the_trees_they_were_made_of_give(leads: Leads) -> None:
    encoding = Encoding.learn(leads.frame, FEATURES)
    matrix = encoding.matrix(leads.frame)
    alone = {"interaction_constraints": [[place] for place in range(matrix.shape[1])], "seed": 3}
    booster = grow(matrix, leads.labels, encoding, alone | {"num_leaves": 6}, rounds=40)
    model = additive_boosting.as_curves(booster, matrix, encoding)
    # Other leads of the same kind, numbers between and beyond those learned from.
    later = encoding.matrix(make(800, seed=5).frame)
    np.testing.assert_allclose(model.raw(later), booster.predict(later, raw_score=True), atol=1e-9)


@pytest.mark.parametrize("learner", LEARNERS)
def test_contributions_are_nil_on_average_over_the_leads_learned_from(
    leads: Leads, learner: object
) -> None:
    model, encoding = learned(leads, learner)
    parts = model.contributions(encoding.matrix(leads.frame))
    np.testing.assert_allclose(parts.mean(axis=0), 0.0, atol=1e-9)


@pytest.mark.parametrize("learner", LEARNERS)
def test_what_was_never_seen_speaks_neither_for_nor_against(leads: Leads, learner: object) -> None:
    model, encoding = learned(leads, learner)
    names = [feature.name for feature in encoding.features]
    unknown = np.full((1, len(names)), np.nan)
    parts = model.contributions(unknown)[0]
    assert parts[names.index("visits")] == 0.0  # was known of every lead
    assert parts[names.index("budget")] != 0.0  # was missing of some


@given(st.floats(0, 1), st.integers(0, 50))
@settings(max_examples=examples(30), deadline=None)
def test_a_weighted_sum_is_the_sum_of_the_weighted_models(share: float, seed: int) -> None:
    draw = np.random.default_rng(seed)

    def some() -> AdditiveModel:
        edges = np.sort(draw.normal(size=draw.integers(0, 6)))
        curve = Curve(
            tuple(edges.tolist()),
            tuple(draw.normal(size=len(edges) + 1).tolist()),
            float(draw.normal()),
            (Line(float(draw.normal()), 0.1, -0.5, 0.7),),
        )
        return AdditiveModel(float(draw.normal()), (curve,))

    one, other = some(), some()
    both = weighted_sum([(share, one), (1 - share, other)])
    edges = [edge for curve in (*one.curves, *other.curves) for edge in curve.edges]
    values = np.array([*draw.normal(size=20), *edges, np.nan, np.inf, -np.inf])[:, np.newaxis]
    expected = share * one.raw(values) + (1 - share) * other.raw(values)
    np.testing.assert_allclose(both.raw(values), expected, atol=1e-12)
