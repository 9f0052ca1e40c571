"""The kinds of model are scikit-learn's estimators: searched over, put into pipelines, checked."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator

from models.additive import AdditiveModel
from models.candidates import ADDITIVE, COMBINATION, LEARNERS, LOGISTIC, YARDSTICK
from models.candidates.own import OwnCandidate
from models.encoding import Encoding
from models.estimators import classifiers, encoder, splitting
from models.estimators.classifiers import (
    CombinationClassifier,
    CurvesClassifier,
    LeadClassifier,
    LinesClassifier,
    NaiveBayesClassifier,
    TreesClassifier,
)
from models.estimators.encoder import LeadEncoder
from models.estimators.splitting import CalibratedClassifier, RollingOrigin
from tests.unit.models.made_up_leads import FEATURES, Leads, make

QUICK = 20
# The checks of scikit-learn that are not made of our estimators, and why; all others hold.
NOT_ASKED = {
    "check_array_api_input": "asks for arrays of other libraries, which are switched off by default"
}
KINDS: list[LeadClassifier] = [
    LinesClassifier(),
    NaiveBayesClassifier(),
    CurvesClassifier(rounds=QUICK),
    CombinationClassifier(rounds=QUICK),
    TreesClassifier(rounds=QUICK),
]


def named(estimator: Any) -> str:
    return type(estimator).__name__


@pytest.mark.parametrize(
    "estimator",
    [LeadEncoder(), *KINDS, CalibratedClassifier(NaiveBayesClassifier())],
    ids=named,
)
@pytest.mark.few(4)
def test_scikit_learn_s_own_checks_hold(estimator: Any) -> None:
    done = check_estimator(estimator, on_skip=None)
    assert len(done) > 40
    skipped = {one["check_name"] for one in done if one["status"] != "passed"}
    assert skipped == set(NOT_ASKED)


def test_every_estimator_of_ours_is_checked() -> None:
    """``RollingOrigin`` splits, and learns nothing."""
    checked = {LeadEncoder, CalibratedClassifier, *(type(one) for one in KINDS)}
    named = {
        found
        for module in (classifiers, encoder, splitting)
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, BaseEstimator)
        and found.__module__ == module.__name__
    }
    assert named - checked == {LeadClassifier, RollingOrigin}


@pytest.fixture(scope="module")
def leads() -> Leads:
    return make(500, seed=6)


@pytest.fixture(scope="module")
def matrix(leads: Leads) -> np.ndarray:
    return Encoding.learn(leads.frame, FEATURES).matrix(leads.frame)


@pytest.mark.parametrize("estimator", KINDS, ids=named)
def test_cross_validation_on_later_blocks_finds_what_there_is(
    estimator: LeadClassifier, leads: Leads, matrix: np.ndarray
) -> None:
    categorical = Encoding.learn(leads.frame, FEATURES).categorical
    chosen = clone(estimator).set_params(categorical=categorical)
    found = cross_validate(
        chosen, matrix, leads.labels, groups=leads.moments, cv=RollingOrigin(), scoring="roc_auc"
    )
    assert len(found["test_score"]) == 3
    assert found["test_score"].mean() > 0.65


def test_a_search_tries_what_it_is_given(leads: Leads, matrix: np.ndarray) -> None:
    search = GridSearchCV(
        CurvesClassifier(rounds=QUICK, categorical=(3,)),
        {"num_leaves": [2, 8], "learning_rate": [0.03, 0.1]},
        cv=RollingOrigin(2),
        scoring="neg_log_loss",
    )
    search.fit(matrix, leads.labels)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_.get_params()["num_leaves"] in (2, 8)
    tried = search.cv_results_["mean_test_score"]
    assert len(set(np.round(tried, 9))) > 1


def test_columns_of_a_frame_are_read_by_name_and_those_of_an_array_by_place(leads: Leads) -> None:
    known = LeadEncoder().fit(leads.frame)
    others = leads.frame[list(leads.frame.columns)[::-1]].assign(more=1)
    assert known.transform(others) == pytest.approx(known.transform(leads.frame), nan_ok=True)
    plain = LeadEncoder().fit(leads.frame.to_numpy(dtype=object))
    assert list(plain.get_feature_names_out()) == ["x0", "x1", "x2", "x3"]


def test_a_pipeline_takes_leads_as_they_are(leads: Leads) -> None:
    pipeline = Pipeline(
        [("encoded", LeadEncoder()), ("calibrated", CalibratedClassifier(LinesClassifier()))]
    )
    chance = pipeline.fit(leads.frame, leads.labels).predict_proba(leads.frame)[:, 1]
    assert abs(float(chance.mean()) - float(leads.labels.mean())) < 0.1
    assert np.corrcoef(chance, leads.chance)[0, 1] > 0.7
    unseen = pd.DataFrame([{"seniority": "king", "budget": None, "visits": 3, "has_phone": 1.0}])
    assert 0 < pipeline.predict_proba(unseen)[0, 1] < 1
    names = pipeline["encoded"].get_feature_names_out()
    assert list(names) == list(leads.frame.columns)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (LinesClassifier(), LOGISTIC),
        (CurvesClassifier(), ADDITIVE),
        (NaiveBayesClassifier(), YARDSTICK),
        (TreesClassifier(), "gradient boosting"),
    ],
)
def test_they_learn_what_a_training_learns(
    estimator: LeadClassifier, name: str, leads: Leads, matrix: np.ndarray
) -> None:
    numbers = matrix[:, [place for place in range(matrix.shape[1]) if place not in (0,)]]
    encoding = Encoding.learn(leads.frame, FEATURES[1:])
    theirs = LEARNERS[name](numbers, leads.labels, encoding, 0).raw(numbers)
    ours = clone(estimator).fit(numbers, leads.labels)
    assert ours.decision_function(numbers) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("estimator", KINDS, ids=named)
def test_contributions_add_up_to_the_odds(
    estimator: LeadClassifier, leads: Leads, matrix: np.ndarray
) -> None:
    fitted = clone(estimator).fit(matrix, leads.labels)
    sums = fitted.model_.base + fitted.contributions(matrix).sum(axis=1)
    assert sums == pytest.approx(fitted.decision_function(matrix), abs=1e-9)


def test_a_direction_is_kept(leads: Leads, matrix: np.ndarray) -> None:
    visits = 2
    fitted = CombinationClassifier(rounds=QUICK, directions=[0, 0, -1, 0])
    fitted.fit(matrix, leads.labels)
    more = matrix.copy()
    more[:, visits] += 2
    assert (fitted.decision_function(more) <= fitted.decision_function(matrix) + 1e-12).all()


def test_one_with_other_settings_is_a_candidate_that_may_serve(
    leads: Leads, matrix: np.ndarray
) -> None:
    class Smooth(OwnCandidate):
        name: ClassVar[str] = "smooth curves"

        def classifier(self, seed: int) -> Any:
            return CurvesClassifier(num_leaves=4, rounds=QUICK, random_state=seed)

    encoding = Encoding.learn(leads.frame, FEATURES)
    assert isinstance(Smooth().learn(matrix, leads.labels, encoding, 0), AdditiveModel)
    assert COMBINATION not in Smooth.name
