"""What would raise a score is what does, tried on the scorer itself."""

import pytest

from features.feature import Dimension, Feature, FeatureKind
from models.raising import what_would_raise
from models.rubric import Rubric

NOTHING_DONE: dict[str, float | None] = {
    feature.name: None if feature.kind is FeatureKind.CATEGORICAL else 0.0
    for feature in Rubric.load().features
}


def test_each_step_adds_the_points_it_promises() -> None:
    rubric = Rubric.load()
    before = rubric.score_one(NOTHING_DONE).points[0]
    steps = what_would_raise(rubric, NOTHING_DONE)
    assert len(steps) == 3
    for step in steps:
        value = NOTHING_DONE[step.feature]
        after = rubric.score_one({**NOTHING_DONE, step.feature: (value or 0.0) + 1.0}).points[0]
        assert after - before == pytest.approx(step.points, abs=0.051)
    assert [step.points for step in steps] == sorted((s.points for s in steps), reverse=True)


def test_only_what_a_person_can_influence_is_advised() -> None:
    named = {step.feature for step in what_would_raise(Rubric.load(), NOTHING_DONE)}
    steps = {feature.name: feature.step for feature in Rubric.load().features}
    assert all(steps[name] != "none" for name in named)


def test_what_is_done_already_is_not_advised() -> None:
    steps = what_would_raise(Rubric.load(), {**NOTHING_DONE, "has_phone": 1.0})
    assert "has_phone" not in {step.feature for step in steps}


def test_a_feature_without_a_step_is_never_advised() -> None:
    assert Feature("x", "X", Dimension.FIT, FeatureKind.NUMERIC).step == "none"
