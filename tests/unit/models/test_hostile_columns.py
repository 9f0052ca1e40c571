"""Training and scoring go through with whatever columns a company's file has."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.feature import Dimension, Feature, FeatureKind
from models.explanation import all_reasons
from models.scorecard import Scorecard
from models.training import train
from tests.examples import examples

pytestmark = pytest.mark.uncounted

LEADS = 240
MOMENTS = np.datetime64("2025-01-01T00", "h") + np.arange(LEADS)


def feature(name: str, kind: FeatureKind) -> Feature:
    return Feature(f"attributes.{name}", "Odd {label} {0} %s", Dimension.FIT, kind)


def hostile(draw: np.random.Generator, labels: np.ndarray) -> list[tuple[Feature, list[object]]]:
    """Columns that are constant, empty, doubled, endless, huge, tiny, long and odd."""
    signal = labels + draw.normal(size=LEADS)
    huge = np.where(draw.random(LEADS) < 0.1, 1e308, signal)
    endless = np.where(draw.random(LEADS) < 0.1, np.inf, -signal)
    words = [
        "",
        " ",
        "Ünïcødé",
        "школа",
        "'; DROP TABLE leads; --",
        "{value}",
        "x" * 5000,
        "\u202e",
    ]
    unique: list[object] = [f"only {number}" for number in range(LEADS)]
    return [
        (feature("signal", FeatureKind.NUMERIC), list(signal)),
        (feature("double", FeatureKind.NUMERIC), list(signal)),
        (feature("constant", FeatureKind.NUMERIC), [7.0] * LEADS),
        (feature("empty", FeatureKind.NUMERIC), [None] * LEADS),
        (feature("empty_words", FeatureKind.CATEGORICAL), [None] * LEADS),
        (feature("huge", FeatureKind.NUMERIC), list(huge)),
        (feature("endless", FeatureKind.NUMERIC), list(endless)),
        (feature("tiny", FeatureKind.NUMERIC), list(signal * 1e-300)),
        (feature("opposite", FeatureKind.NUMERIC), [1e308 if one else -1e308 for one in labels]),
        (
            feature("words", FeatureKind.CATEGORICAL),
            [words[i] for i in draw.integers(0, len(words), LEADS)],
        ),
        (feature("unique", FeatureKind.CATEGORICAL), unique),
        (feature("truth", FeatureKind.BOOLEAN), [1.0, None] * (LEADS // 2)),
    ]


def assert_a_sum(scorecard: Scorecard, frame: pd.DataFrame) -> None:
    scores = scorecard.score(frame)
    assert np.isfinite(scores.points).all()
    assert np.isfinite(scores.probability).all()
    np.testing.assert_array_equal(scores.points, 50.0 + scores.contributions.sum(axis=1))
    for reasons in all_reasons(scores, frame):
        assert all(len(reason["text"]) < 200 for reason in reasons)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))]
)
def test_hostile_columns_are_learned_from_and_scored(seed: int) -> None:
    draw = np.random.default_rng(seed)
    labels = (draw.random(LEADS) < 0.4).astype(np.int64)
    columns = hostile(draw, labels)
    frame = pd.DataFrame({f.name: pd.Series(v, dtype="object") for f, v in columns})
    features = [of for of, _ in columns]
    training = train(frame, labels, MOMENTS, features, minimum_outcomes=20)
    assert_a_sum(training.scorecard, frame)
    nothing = pd.DataFrame([dict.fromkeys(frame.columns)])
    assert_a_sum(training.scorecard, nothing)
    unseen = nothing.assign(
        **{f.name: "new" for f in features if f.kind is FeatureKind.CATEGORICAL}
    )
    assert_a_sum(training.scorecard, unseen)


@pytest.mark.long
def test_two_hundred_attributes_are_learned_from() -> None:
    draw = np.random.default_rng(5)
    labels = (draw.random(LEADS) < 0.5).astype(np.int64)
    features, columns = [], {}
    for number in range(200):
        kind = (FeatureKind.NUMERIC, FeatureKind.CATEGORICAL, FeatureKind.BOOLEAN)[number % 3]
        of = feature(f"a{number}", kind)
        values = draw.integers(0, 2 if kind is FeatureKind.BOOLEAN else 9, LEADS).astype(object)
        columns[of.name] = (
            np.array([f"v {v}" for v in values]) if kind is FeatureKind.CATEGORICAL else values
        )
        features.append(of)
    frame = pd.DataFrame(columns)
    training = train(frame, labels, MOMENTS, features, minimum_outcomes=20)
    assert_a_sum(training.scorecard, frame)


CELLS = st.one_of(st.none(), st.floats(), st.just(1e308), st.integers(-5, 5))
WORDS = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["a", "A ", "b"]))


ANY_VALUES = given(
    numbers=st.lists(CELLS, min_size=1, max_size=12),
    words=st.lists(WORDS, min_size=1, max_size=12),
    converted=st.integers(20, LEADS - 20),
    asked=st.lists(st.tuples(CELLS, WORDS), min_size=1, max_size=6),
)


@pytest.mark.long
@settings(max_examples=examples(2), deadline=None)
@ANY_VALUES
def test_any_values_are_learned_from_and_any_others_scored(
    numbers: list[object],
    words: list[object],
    converted: int,
    asked: list[tuple[object, object]],
) -> None:
    learn_and_score(numbers, words, converted, asked)


@pytest.mark.long
@settings(max_examples=examples(12), deadline=None)
@ANY_VALUES
def test_many_values_are_learned_from_and_many_others_scored(
    numbers: list[object],
    words: list[object],
    converted: int,
    asked: list[tuple[object, object]],
) -> None:
    learn_and_score(numbers, words, converted, asked)


def learn_and_score(
    numbers: list[object],
    words: list[object],
    converted: int,
    asked: list[tuple[object, object]],
) -> None:
    draw = np.random.default_rng(converted)
    labels = draw.permutation(np.arange(LEADS) < converted).astype(np.int64)
    number, word, base = (
        feature("number", FeatureKind.NUMERIC),
        feature("word", FeatureKind.CATEGORICAL),
        feature("base", FeatureKind.NUMERIC),
    )
    columns = {
        number.name: [numbers[place % len(numbers)] for place in range(LEADS)],
        word.name: [words[place % len(words)] for place in range(LEADS)],
        base.name: list(draw.normal(size=LEADS)),
    }
    frame = pd.DataFrame({name: pd.Series(v, dtype="object") for name, v in columns.items()})
    training = train(frame, labels, MOMENTS, (number, word, base), minimum_outcomes=20)
    assert_a_sum(training.scorecard, frame)
    other = pd.DataFrame([{number.name: a, word.name: b, base.name: 0.0} for a, b in asked])
    assert_a_sum(training.scorecard, other)
