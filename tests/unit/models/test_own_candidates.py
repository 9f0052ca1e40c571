"""A kind of model of your own competes, and serves only where it can be explained exactly."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models import contest
from models.additive import AdditiveModel
from models.calibration import sigmoid
from models.candidates import COMBINATION, registered
from models.candidates.own import CannotExplain, OwnCandidate, Unexplained
from models.candidates.registered import CandidateRefused, own_candidates, register
from models.encoding import Encoding
from models.training import Training, train
from models.training_report import write_report
from models.trees import TreeModel
from tests.unit.models.made_up_leads import FEATURES, make


@pytest.fixture(autouse=True)
def none_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is gone after it."""
    monkeypatch.setattr(registered, "_registered", dict(registered._registered))
    yield
    registered._load.cache_clear()


class Discriminant(OwnCandidate):
    name: ClassVar[str] = "linear discriminant"

    def classifier(self, seed: int) -> Any:
        return LinearDiscriminantAnalysis()


class Scaled(OwnCandidate):
    name: ClassVar[str] = "scaled lasso"

    def classifier(self, seed: int) -> Any:
        lasso = LogisticRegression(
            l1_ratio=1.0, solver="saga", C=0.2, max_iter=1000, random_state=seed
        )
        return make_pipeline(StandardScaler(), lasso)


class Shallow(OwnCandidate):
    name: ClassVar[str] = "shallow trees"

    def classifier(self, seed: int) -> Any:
        return LGBMClassifier(n_estimators=40, num_leaves=4, random_state=seed, verbosity=-1)


class Neighbours(OwnCandidate):
    name: ClassVar[str] = "nearest neighbours"

    def classifier(self, seed: int) -> Any:
        return KNeighborsClassifier(25)


class Forest(OwnCandidate):
    name: ClassVar[str] = "extra trees"

    def classifier(self, seed: int) -> Any:
        return ExtraTreesClassifier(30, min_samples_leaf=20, random_state=seed)


class Histogram(OwnCandidate):
    name: ClassVar[str] = "scikit-learn histogram"

    def classifier(self, seed: int) -> Any:
        return HistGradientBoostingClassifier(max_iter=20, random_state=seed)


class Breaks(OwnCandidate):
    name: ClassVar[str] = "breaks"

    def classifier(self, seed: int) -> Any:
        raise MemoryError("a name that nobody is to read")


def learned(kind: type[OwnCandidate]) -> tuple[Any, Any, Any]:
    leads = make(600, seed=3)
    encoding = Encoding.learn(leads.frame, FEATURES)
    matrix = encoding.matrix(leads.frame)
    return kind().learn(matrix, leads.labels, encoding, 0), matrix, leads


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [(Discriminant, AdditiveModel), (Scaled, AdditiveModel), (Shallow, TreeModel)],
)
def test_lines_and_trees_of_any_make_are_exact_sums(
    kind: type[OwnCandidate], becomes: type[Any]
) -> None:
    model, matrix, _ = learned(kind)
    assert isinstance(model, becomes)
    assert model.base + model.contributions(matrix).sum(axis=1) == pytest.approx(
        model.raw(matrix), abs=1e-9
    )


@pytest.mark.parametrize("kind", [Neighbours, Forest, Histogram])
def test_what_is_no_sum_says_no_reasons(kind: type[OwnCandidate]) -> None:
    model, matrix, leads = learned(kind)
    assert isinstance(model, Unexplained)
    chances = sigmoid(model.raw(matrix))
    assert chances[leads.labels == 1].mean() > chances[leads.labels == 0].mean()
    with pytest.raises(CannotExplain, match="no sum over features"):
        model.contributions(matrix)


@pytest.mark.parametrize("kind", [Discriminant, Shallow])
def test_no_candidate_learns_the_opposite_of_what_everybody_knows(
    kind: type[OwnCandidate],
) -> None:
    leads = make(600, seed=3)
    features = [
        replace(feature, direction="down") if feature.name == "visits" else feature
        for feature in FEATURES
    ]
    encoding = Encoding.learn(leads.frame, features)
    matrix = encoding.matrix(leads.frame)
    model = kind().learn(matrix, leads.labels, encoding, 0)
    assert not isinstance(model, Unexplained)
    more = matrix.copy()
    more[:, 2] += 3
    assert (model.raw(more) <= model.raw(matrix) + 1e-12).all()
    assert np.ptp(model.raw(matrix)) > 1


@pytest.fixture(scope="module")
def training() -> Training:
    """One in which three of one's own take part, one of them a yardstick, and one fails."""
    before = dict(registered._registered)
    for kind in (Discriminant, Neighbours, Shallow, Breaks):
        register(kind)
    leads = make(800, seed=2)
    try:
        return train(leads.frame, leads.labels, leads.moments, FEATURES)
    finally:
        registered._registered = before


def test_they_are_compared_and_the_report_says_who_may_serve(training: Training) -> None:
    rows = {row["candidate"]: row["may serve"] for row in training.candidate_table()}
    assert rows["linear discriminant"] == rows["shallow trees"] == rows[COMBINATION] == "yes"
    assert rows["nearest neighbours"].startswith("no: its log-odds are no sum over features")
    assert rows["naive Bayes"].startswith("no: ")
    report = write_report(training, 90)
    assert "| nearest neighbours |" in report
    assert "breaks took no part: it did not learn (MemoryError)." in report
    assert "nobody is to read" not in report


def test_each_one_s_time_to_learn_is_kept(training: Training) -> None:
    assert all(candidate.fit_seconds > 0 for candidate in training.candidates)


def test_one_that_is_clearly_better_is_taken_and_scores_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(Discriminant)
    monkeypatch.setattr(contest, "CANDIDATES", (COMBINATION,))
    monkeypatch.setattr(contest, "choose", lambda found, units, dated: Discriminant.name)
    leads = make(800, seed=2)
    found = train(leads.frame, leads.labels, leads.moments, FEATURES)
    assert (found.chosen, found.scorecard.name) == (Discriminant.name, Discriminant.name)
    scores = found.scorecard.score(leads.frame)
    assert scores.points == pytest.approx(50 + scores.contributions.sum(axis=1))
    assert found.refitting.probability(found.recipe_name) is not None
    monkeypatch.setattr(registered, "_registered", {})
    assert found.refitting.probability(found.recipe_name) is None


def test_one_that_gives_no_reasons_once_it_learned_from_all_does_not_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Fickle(Discriminant):
        name: ClassVar[str] = "fickle"

        def learn(self, matrix: Any, labels: Any, encoding: Any, seed: int) -> Any:
            found = super().learn(matrix, labels, encoding, seed)
            return found if len(labels) < 800 else Unexplained(None, None, "it has grown up")

    register(Fickle)
    monkeypatch.setattr(contest, "CANDIDATES", (COMBINATION,))
    monkeypatch.setattr(
        contest, "choose", lambda found, *more: "fickle" if "fickle" in found else COMBINATION
    )
    leads = make(800, seed=2)
    found = train(leads.frame, leads.labels, leads.moments, FEATURES)
    rows = {row["candidate"]: row["may serve"] for row in found.candidate_table()}
    assert (found.chosen, rows["fickle"]) == (COMBINATION, "no: it has grown up")


@pytest.mark.parametrize("name", ["", "Loud", "naive Bayes", COMBINATION, "a" * 60, "x/y"])
def test_a_name_that_is_taken_or_none_is_refused(name: str) -> None:
    with pytest.raises(CandidateRefused, match="name"):
        register(cast("type[OwnCandidate]", type("Kind", (Discriminant,), {"name": name})))


def test_what_is_no_candidate_is_refused() -> None:
    with pytest.raises(CandidateRefused, match="derived from OwnCandidate"):
        register(cast("type[OwnCandidate]", type("Kind", (), {"name": "kind"})))


def test_another_package_offers_one_by_an_entry_point_and_a_broken_one_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offered = [
        EntryPoint("discriminant", f"{__name__}:Discriminant", registered.GROUP),
        EntryPoint("gone", "no_such_package:Kind", registered.GROUP),
    ]
    monkeypatch.setattr(EntryPoint, "load", lambda point: _load(point))
    monkeypatch.setattr(registered, "entry_points", lambda group: offered)
    registered._load.cache_clear()
    found = own_candidates()
    assert list(found.present) == ["linear discriminant"]
    assert found.absent == {"gone": "it did not load (ModuleNotFoundError)"}


def _load(point: EntryPoint) -> Any:
    if point.name == "gone":
        raise ModuleNotFoundError("no_such_package")
    return Discriminant


def test_learning_twice_gives_the_same() -> None:
    (one, matrix, _), (other, _, _) = learned(Shallow), learned(Shallow)
    assert np.array_equal(one.raw(matrix), other.raw(matrix))
