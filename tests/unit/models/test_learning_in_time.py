"""Nothing is learned from leads later than those it is judged on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension, Feature, FeatureKind
from features.training_moments import AGES_IN_DAYS
from models import contest, linear, recipe, steadiness, training
from models.additive import AdditiveModel, Curve
from models.blocks import moments_that_tell
from models.calibration import Vector, logit
from models.candidates import registered
from models.encoding import Encoding, Matrix
from models.recipe import Recipe
from models.training import train
from models.window import Window
from tests.unit.models.made_up_leads import FEATURES, Leads, make

pytestmark = pytest.mark.uncounted

NUMBER = Feature("number", "Number", Dimension.FIT, FeatureKind.NUMERIC)
FAD = Feature("fad", "Fad", Dimension.FIT, FeatureKind.NUMERIC)
STEADY = Feature("steady", "Steady", Dimension.FIT, FeatureKind.NUMERIC)


@dataclass(frozen=True)
class Witness:
    """Predicts the share it learned, and notes the leads that it learned from and judged.

    The matrix's one column is the place of each lead in time.
    """

    base: float
    learned: Matrix
    seen: list[tuple[Matrix, Matrix]]

    def contributions(self, matrix: Matrix) -> Matrix:
        return np.zeros_like(matrix)

    def raw(self, matrix: Matrix) -> Vector:
        self.seen.append((self.learned[:, 0], matrix[:, 0]))
        return self.base + 1e-9 * matrix[:, 0]


def only_these(monkeypatch: pytest.MonkeyPatch, learners: dict[str, Any]) -> None:
    """Let a training compare these learners and no other."""
    monkeypatch.setattr(recipe, "LEARNERS", learners)
    monkeypatch.setattr(contest, "CANDIDATES", tuple(learners))
    monkeypatch.setattr(contest, "YARDSTICKS", {})
    monkeypatch.setattr(registered, "SETTINGS", {name: {} for name in learners})
    monkeypatch.setattr(steadiness, "RIVALS", tuple(learners))
    monkeypatch.setattr(training, "newest_that_tell", of_all)


def of_all(recipe: Recipe) -> tuple[Recipe, Window]:
    """No lead is left out."""
    return recipe, Window(len(recipe.labels), len(recipe.labels))


def witnessed(leads: Leads, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Matrix, Matrix]]:
    """(learned from, judged) of every prediction made in a training."""
    seen: list[tuple[Matrix, Matrix]] = []

    def learn(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> Witness:
        return Witness(float(logit(np.array([labels.mean()]))[0]), matrix, seen)

    only_these(monkeypatch, {"witness": learn})
    frame = pd.DataFrame({"number": np.arange(len(leads), dtype=np.float64)})
    order = np.random.default_rng(0).permutation(len(leads))
    train(frame.iloc[order], leads.labels[order], leads.moments[order], [NUMBER])
    # The last model's prediction on the very leads it learned from only finds the average lead.
    return [pair for pair in seen if not np.array_equal(*pair)]


def distinct(pairs: list[tuple[Matrix, Matrix]]) -> set[tuple[bytes, bytes]]:
    return {(learned.tobytes(), judged.tobytes()) for learned, judged in pairs}


def test_every_judged_lead_is_later_than_all_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = witnessed(make(400), monkeypatch)
    assert len(distinct(pairs)) == 6  # three blocks before the latest, the latest, two more of all
    assert all(learned.max() < judged.min() for learned, judged in pairs)
    latest = np.arange(320, 400)
    assert any(np.array_equal(judged, latest) for _, judged in pairs)


def test_without_dates_no_lead_is_judged_by_a_model_that_learned_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs = witnessed(make(400).undated(), monkeypatch)
    assert len(distinct(pairs)) == 7
    assert not any(set(learned) & set(judged) for learned, judged in pairs)


def only(place: int) -> Callable[[Matrix, np.ndarray, Encoding, int], AdditiveModel]:
    """A learner that looks at one feature alone."""

    def learn(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> AdditiveModel:
        blind = np.zeros_like(matrix)
        blind[:, place] = matrix[:, place]
        model = linear.learn(blind, labels, encoding, seed)
        flat = Curve((), (0.0,), 0.0)
        mine = tuple(curve if i == place else flat for i, curve in enumerate(model.curves))
        return replace(model, curves=mine)

    return learn


def faddish(count: int) -> tuple[pd.DataFrame, Leads]:
    """A fad that told who converts until 45 % of the time had passed, and nothing since."""
    leads = make(count, base_rate=0.5)
    draw = np.random.default_rng(4)
    early = np.arange(count) < 0.45 * count
    fad = np.where(early, leads.labels, draw.integers(0, 2, count)) + draw.normal(0, 0.1, count)
    steady = leads.labels + draw.normal(0, 1.2, count)
    return pd.DataFrame({"fad": fad, "steady": steady}), leads


def test_what_still_holds_is_preferred_to_what_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    only_these(monkeypatch, {"fad": only(0), "steady": only(1)})
    frame, leads = faddish(1500)
    dated = train(frame, leads.labels, leads.moments, [FAD, STEADY])
    undated = train(frame, leads.labels, leads.undated().moments, [FAD, STEADY])
    assert dated.chosen == "steady"
    assert undated.chosen == "fad"  # so it is the dates that told


def test_what_held_once_earns_no_praise_on_the_latest_leads() -> None:
    frame, leads = faddish(1000)
    result = train(frame[["fad"]], leads.labels, leads.moments, [FAD])
    assert result.latest.auc < 0.65


@pytest.mark.parametrize(("lots", "others"), [(1, 0), (1, 1), (2, 5), (3, 30)])
def test_a_few_leads_of_another_day_give_those_of_one_day_no_order(lots: int, others: int) -> None:
    draw = np.random.default_rng(lots)
    days = draw.choice(AGES_IN_DAYS, 700) + 100 * draw.integers(0, lots, 700)
    hours = np.concatenate([24 * days, 24 * 400 + np.arange(others)])
    moments = np.datetime64("2025-01-01T00", "h") + hours
    assert len(np.unique(moments_that_tell(moments))) == 1


@pytest.mark.parametrize("count", [60, 700])
def test_leads_that_came_in_one_after_another_keep_their_order(count: int) -> None:
    moments = make(count).moments
    assert np.array_equal(moments_that_tell(moments), moments)


def test_leads_of_many_months_keep_their_order() -> None:
    draw = np.random.default_rng(0)
    days = draw.choice(AGES_IN_DAYS, 700) + 30 * draw.integers(0, 12, 700)
    moments = np.datetime64("2025-01-01T00", "h") + 24 * days
    assert np.array_equal(moments_that_tell(moments), moments)


@pytest.mark.long
def test_leads_that_came_in_at_once_are_judged_alike_at_whatever_age_each_was_looked_at() -> None:
    leads, arrived = make(400, seed=3), np.datetime64("2025-01-01T00", "h")
    days = np.array(AGES_IN_DAYS) * np.timedelta64(24, "h")
    said = []
    for seed in (1, 2):
        ages = np.random.default_rng(seed).choice(days, len(leads.labels))
        learned = train(leads.frame, leads.labels, arrived + ages, FEATURES, seed=0)
        assert not learned.dated
        said.append(learned.scorecard.score(leads.frame).probability)
    assert np.array_equal(said[0], said[1])
