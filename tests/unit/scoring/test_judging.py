"""Two models are compared on leads that neither learned from, where there are enough."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from leadflow.scoring.learning.challenger_report import judge, score
from leadflow.scoring.learning.fair_leads import FEWEST, later_leads
from leadflow.scoring.learning.opponents import Opponent
from leadflow.settings import get_settings
from models.refitting import RecipeName, Refitting
from models.rubric import Rubric
from models.training import Training, train
from tests.unit.models.made_up_leads import FEATURES, Leads, make

START = datetime(2025, 1, 1, tzinfo=UTC)  # the made-up leads are an hour apart from here on


@pytest.fixture(scope="module")
def leads() -> Leads:
    return make(1000, seed=2)


def learned(hours: int | None, name: str = "version 1") -> Opponent:
    until = None if hours is None else datetime.fromtimestamp(START.timestamp() + hours * 3600, UTC)
    return Opponent(Rubric.load(), name, until)


def test_leads_later_than_both_learned_from_are_taken(leads: Leads) -> None:
    both = [learned(400), learned(700, "version 2")]
    judged = later_leads(leads.frame, leads.labels, leads.moments, both)
    assert judged.rows.tolist() == list(range(700, 1000))
    assert judged.frame.index.tolist() == leads.frame.index[700:].tolist()
    assert judged.labels.tolist() == leads.labels[700:].tolist()
    assert "all later than those version 1 and version 2 learned from" in judged.words


@pytest.mark.parametrize("otherwise", [1.0, 0.2])
def test_where_too_few_are_later_it_is_said_how_many_are_needed(
    leads: Leads, otherwise: float
) -> None:
    judged = later_leads(leads.frame, leads.labels, leads.moments, [learned(985)], otherwise)
    assert len(judged.labels) == 1000 * otherwise
    converted = int(leads.labels[985:].sum())
    needed = [
        f"{FEWEST - converted} later leads that converted",
        f"{FEWEST - (15 - converted)} later leads that did not",
    ]
    assert judged.needed == " and ".join(needed)
    assert judged.words.startswith("There is no verdict: 15 leads")
    assert "later than those version 1 learned from (until 2025-02-11)" in judged.words


def test_what_a_verdict_rests_on_is_said_with_its_dates(leads: Leads) -> None:
    judged = later_leads(leads.frame, leads.labels, leads.moments, [learned(700)])
    converted = int(leads.labels[700:].sum())
    assert not judged.needed
    assert judged.words.startswith(
        "Both were judged on 300 leads looked at from 2025-01-30 to 2025-02-11, "
        f"{converted} of which converted"
    )


def test_the_rubric_learned_from_nothing(leads: Leads) -> None:
    judged = later_leads(leads.frame, leads.labels, leads.moments, [learned(None)], 0.2)
    assert judged.rows.tolist() == list(range(800, 1000))
    assert "learned" not in judged.words


def test_the_newest_are_not_enough_where_hardly_any_of_them_converted() -> None:
    labels = np.zeros(1000, dtype=np.int64)
    labels[: 2 * FEWEST] = 1
    frame = pd.DataFrame({"visits": np.arange(1000.0)})
    moments = np.datetime64("2025-01-01T00", "h") + np.arange(1000)
    judged = later_leads(frame, labels, moments, [learned(None)], 0.2)
    assert len(judged.labels) == 1000


def test_a_column_that_is_no_longer_there_counts_as_not_known() -> None:
    rubric = Rubric.load()
    bare = pd.DataFrame({"country": ["DE", "FR"]})
    unknown = pd.DataFrame({feature.name: [None, None] for feature in rubric.features})
    assert score(rubric, bare).total.tolist() == rubric.score(unknown).total.tolist()


@pytest.fixture(scope="module")
def training(leads: Leads) -> Training:
    return train(leads.frame, leads.labels, leads.moments, FEATURES)


def serves(training: Training, chosen: str | None = None) -> Opponent:
    """A champion that learned from every lead there is."""
    recipe = RecipeName(chosen or training.chosen, training.recipe_name.features)
    until = datetime(2026, 1, 1, tzinfo=UTC)
    return Opponent(training.scorecard, "champion version 1", until, recipe)


def test_a_champion_is_not_judged_on_leads_that_it_learned_from(training: Training) -> None:
    """It ranks them better than it will rank others: it would always seem to be the better one."""
    half = make(500, seed=3)
    other = train(half.frame, half.labels, half.moments, FEATURES)
    found = judge(training, serves(other, training.chosen), get_settings())
    assert found.verdict == "cannot be told yet"
    assert found.needed == "20 later leads that converted and 20 later leads that did not"
    assert found.comparison is None
    assert not found.same


def test_other_recipes_learn_anew_from_the_same_past(training: Training) -> None:
    half = make(500, seed=3)
    other = train(half.frame, half.labels, half.moments, FEATURES)
    champion = serves(other, "logistic regression")
    found = judge(training, champion, get_settings())
    assert found.comparison is not None
    assert found.comparison.leads == len(training.judged_on.labels) == 200
    assert "learned anew, each by its own recipe, from the same 800 leads" in found.judged_on
    assert champion.recipe is not None
    theirs, ours = (
        training.refitting.probability(name) for name in (champion.recipe, training.recipe_name)
    )
    assert ours == pytest.approx(training.judged_on.probability)
    assert theirs != pytest.approx(ours)


def test_the_same_scores_are_nothing_to_decide(training: Training) -> None:
    found = judge(training, serves(training), get_settings())
    assert found.same
    assert found.verdict == "the same"
    assert sum(n for (old, new), n in found.shifts.items() if old != new) == 0


def test_a_recipe_that_cannot_be_followed_any_more_tells_nothing(training: Training) -> None:
    gone = RecipeName(training.chosen, training.recipe_name.features | {"attributes.gone"})
    assert training.refitting.probability(gone) is None
    unknown = RecipeName("a kind of model no longer there", training.recipe_name.features)
    assert training.refitting.probability(unknown) is None


@pytest.mark.long
def test_a_recipe_of_fewer_features_looks_at_no_other(training: Training) -> None:
    few = RecipeName("logistic regression", frozenset({"budget"}))
    recipe = training.refitting.recipe
    blind = Refitting(
        replace(recipe, frame=recipe.frame.assign(visits=0.0, seniority=None), _learned={}),
        training.refitting.past,
        training.refitting.latest,
        None,
    )
    assert training.refitting.rubric is None
    assert training.refitting.probability(few) == pytest.approx(blind.probability(few))
