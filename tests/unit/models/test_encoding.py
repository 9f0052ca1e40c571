"""Many categories, missing, unseen and impossible values become numbers that can be used."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.feature import Dimension, Feature, FeatureKind
from models import linear, rare_categories
from models.calibration import sigmoid
from models.encoding import LARGEST, Encoding
from models.evaluation import evaluate
from models.rare_categories import FOLDS, group
from tests.examples import examples

SCHOOL = Feature("attributes.school", "School", Dimension.FIT, FeatureKind.CATEGORICAL)
GRADE = Feature("attributes.grade", "Grade", Dimension.FIT, FeatureKind.NUMERIC)
TRIAL = Feature("attributes.trial", "Trial", Dimension.FIT, FeatureKind.BOOLEAN)
BOTH = (GRADE, SCHOOL)


def pupils(
    count: int, base_rate: float, spread: float, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Leads of 500 schools; ``spread`` is how far the schools' log-odds lie apart."""
    draw = np.random.default_rng(seed)
    school = draw.integers(0, 500, count)
    grade = draw.normal(size=count)
    merit = np.random.default_rng(1).normal(0.0, spread, 500)[school] + 0.5 * grade
    merit = merit + draw.logistic(size=count)
    labels = (merit > np.quantile(merit, 1.0 - base_rate)).astype(np.int64)
    names = np.array([f"School {number}" for number in range(500)], dtype=object)[school]
    frame = pd.DataFrame({GRADE.name: grade, SCHOOL.name: names})
    return frame.set_axis([f"lead_{seed}_{place}" for place in range(count)]), labels


def held_out_loss(
    encoding: Encoding, matrix: np.ndarray, labels: np.ndarray, base_rate: float, spread: float
) -> float:
    model = linear.learn(matrix, labels, encoding, 0)
    later, truth = pupils(20_000, base_rate, spread, seed=9)
    return evaluate(sigmoid(model.raw(encoding.matrix(later))), truth).log_loss


@pytest.mark.parametrize(("base_rate", "count"), [(0.01, 25_000), (0.1, 8000), (0.5, 5000)])
def test_many_categories_that_matter_are_learned_from(base_rate: float, count: int) -> None:
    frame, labels = pupils(count, base_rate, spread=1.2, seed=2)
    pooled = Encoding.learn(frame, BOTH)
    without = held_out_loss(pooled, pooled.matrix(frame), labels, base_rate, 1.2)
    encoding, matrix = Encoding.fit(frame, BOTH, labels)
    assert held_out_loss(encoding, matrix, labels, base_rate, 1.2) < without - 0.01 * without


@pytest.mark.parametrize("base_rate", [0.01, 0.1, 0.5])
def test_many_categories_that_say_nothing_are_left_alone(base_rate: float) -> None:
    for seed in range(20):
        frame, labels = pupils(5000, base_rate, spread=0.0, seed=seed)
        encoding, matrix = Encoding.fit(frame, BOTH, labels)
        assert encoding.groups == {}
        np.testing.assert_array_equal(matrix, encoding.matrix(frame))


def test_the_group_of_a_lead_does_not_tell_its_own_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rare_categories, "CERTAIN", -np.inf)
    draw = np.random.default_rng(0)
    category, labels = draw.integers(0, 1000, 4000), (draw.random(4000) < 0.3).astype(np.int64)
    found = group(category, labels, draw.integers(0, FOLDS, 4000), 1000)
    assert found is not None
    assert np.corrcoef(found.of_category[category], labels)[0, 1] > 0.2
    assert np.corrcoef(found.of_lead, labels)[0, 1] < 0.03


def test_case_and_outer_spaces_make_no_other_category() -> None:
    written = ["Retail ", "retail", "RETAIL", "e\u0301cole", "École", None, " ", "bank"] * 10
    frame = pd.DataFrame({SCHOOL.name: written})
    codes = Encoding.learn(frame, [SCHOOL]).matrix(frame)[:8, 0]
    assert len(set(codes[:3])) == len(set(codes[3:5])) == 1
    assert len({codes[0], codes[3], codes[7]}) == 3
    assert np.isnan(codes[5:7]).all()


def test_a_value_never_seen_counts_as_an_average_one() -> None:
    draw = np.random.default_rng(3)
    rates = {"low": 0.05, "middle": 0.3, "high": 0.75}
    names = draw.choice(list(rates), 3000)
    labels = (draw.random(3000) < [rates[name] for name in names]).astype(np.int64)
    frame = pd.DataFrame({SCHOOL.name: names, GRADE.name: draw.normal(size=3000)})
    encoding, _ = Encoding.fit(frame, BOTH, labels)
    asked = pd.DataFrame({SCHOOL.name: ["never seen", "middle"], GRADE.name: 0.0})
    unseen, middle = encoding.matrix(asked)
    np.testing.assert_array_equal(unseen, middle)


def test_a_value_never_seen_among_rare_ones_is_another_rare_one() -> None:
    names = ["common"] * 400 + [f"rare {number % 20}" for number in range(80)]
    frame = pd.DataFrame({SCHOOL.name: names})
    labels = np.arange(480) % 3 == 0
    encoding, matrix = Encoding.fit(frame, [SCHOOL], labels.astype(np.int64))
    [[unseen]] = encoding.matrix(pd.DataFrame({SCHOOL.name: ["new"]}))
    assert unseen == matrix[450, 0] == 1.0


def test_what_was_never_missing_before_is_typical_where_it_is_missing() -> None:
    draw = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            GRADE.name: draw.gamma(2.0, 100.0, 999),
            TRIAL.name: (draw.random(999) < 0.7).astype(float),
            SCHOOL.name: draw.choice(["a", "b"], 999),
        }
    )
    encoding = Encoding.learn(frame, [GRADE, TRIAL, SCHOOL], np.arange(999) % 2)
    nothing = pd.DataFrame([dict.fromkeys(frame.columns)])
    assert np.isnan(encoding.matrix(nothing)).all()
    grade, trial, school = encoding.filled(encoding.matrix(nothing))[0]
    assert grade == np.median(frame[GRADE.name])
    assert trial == 1.0
    assert school in (0.0, 1.0)
    frame.loc[5, GRADE.name] = np.nan
    again = Encoding.learn(frame, [GRADE, TRIAL])
    assert np.isnan(again.filled(again.matrix(nothing))[0, 0])


def test_an_encoding_is_plain_data() -> None:
    frame, labels = pupils(8000, 0.3, spread=1.5, seed=5)
    encoding, _ = Encoding.fit(frame, BOTH, labels)
    assert encoding.groups[SCHOOL.name]
    again = Encoding.from_dict(json.loads(json.dumps(encoding.to_dict())))
    later, _ = pupils(500, 0.3, spread=1.5, seed=6)
    np.testing.assert_array_equal(again.matrix(later), encoding.matrix(later))


def test_an_encoding_kept_by_an_earlier_version_is_read() -> None:
    data = {"features": [SCHOOL.to_dict()], "categories": {SCHOOL.name: ["Retail", "bank"]}}
    frame = pd.DataFrame({SCHOOL.name: ["retail", "Bank", "new", None]})
    codes = Encoding.from_dict(data).matrix(frame)[:, 0]
    np.testing.assert_array_equal(codes, [0.0, 1.0, 2.0, np.nan])


VALUES = st.one_of(
    st.none(), st.floats(), st.text(max_size=6), st.booleans(), st.just("x" * 5000), st.just(1e308)
)


@settings(max_examples=examples(150), deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=40), asked=st.lists(VALUES, max_size=10))
def test_every_value_becomes_a_number_of_a_size_to_work_with(
    values: list[object], asked: list[object]
) -> None:
    labels = np.arange(len(values)) % 2
    frame = pd.DataFrame({f.name: pd.Series(values, dtype="object") for f in (*BOTH, TRIAL)})
    encoding, matrix = Encoding.fit(frame, (*BOTH, TRIAL), labels)
    other = pd.DataFrame({f.name: pd.Series(asked, dtype="object") for f in (*BOTH, TRIAL)})
    for numbers in (matrix, encoding.matrix(other)):
        assert not np.isinf(numbers).any()
        assert (np.abs(numbers[~np.isnan(numbers)]) <= LARGEST).all()
    assert encoding.matrix(frame).shape == matrix.shape
