"""Reasons are what weighs most, in the lead's own words and numbers."""

import numpy as np
import pandas as pd
import pytest

from features.feature import Dimension, Feature, FeatureKind
from models.explanation import all_reasons
from models.rubric import Rubric
from models.scores import Scores
from tests.unit.models.made_up_leads import FEATURES, learn, make

SIX = tuple(
    Feature(f"f{place}", f"F{place}", Dimension.FIT, FeatureKind.NUMERIC, f"F{place} is {{value}}")
    for place in range(6)
)


def scores_of(contributions: list[list[float]]) -> tuple[Scores, pd.DataFrame]:
    """Scores with these contributions, and a frame whose values are lead × 10 + feature."""
    points = np.array(contributions)
    count, width = points.shape
    half = np.full(count, 0.5)
    frame = pd.DataFrame(
        np.add.outer(np.arange(count) * 10.0, np.arange(width)), columns=[f.name for f in SIX]
    )
    words = ["high"] * count
    return Scores(frame.index, SIX, points, half, half, half, words, "model", "1"), frame


def test_three_for_then_two_against_strongest_first() -> None:
    scores, frame = scores_of([[1, 5, 3, 4, -2, -7]])
    (reasons,) = all_reasons(scores, frame)
    assert [reason["feature"] for reason in reasons] == ["f1", "f3", "f2", "f5", "f4"]
    assert [reason["points"] for reason in reasons] == [5, 4, 3, -7, -2]


def test_each_lead_has_its_own_reasons_with_its_own_values() -> None:
    scores, frame = scores_of([[9, 0, 0, 0, 0, -1], [0, 0, 8, 0, 0, 0]])
    first, second = all_reasons(scores, frame)
    assert [reason["text"] for reason in first] == ["F0 is 0", "F5 is 5"]
    assert [reason["text"] for reason in second] == ["F2 is 12"]


def test_what_weighs_nothing_is_no_reason() -> None:
    scores, frame = scores_of([[0, 0.04, -0.04, 0.06, 0, 0]])
    (reasons,) = all_reasons(scores, frame)
    assert [(reason["feature"], reason["points"]) for reason in reasons] == [("f3", 0.1)]


def test_what_speaks_against_is_never_called_a_reason_for() -> None:
    scores, frame = scores_of([[-1, -2, -3, -4, -5, -6]])
    (reasons,) = all_reasons(scores, frame)
    assert [reason["points"] for reason in reasons] == [-6, -5]


@pytest.mark.parametrize("name", ["logistic regression", "gradient boosting"])
def test_reasons_of_a_learned_score_are_its_largest_contributions(name: str) -> None:
    leads = make(400)
    scores = learn(name, leads).score(leads.frame)
    for row, reasons in enumerate(all_reasons(scores, leads.frame)):
        points = np.round(scores.contributions[row], 1)
        largest = sorted(points[points > 0], reverse=True)[:3]
        smallest = sorted(points[points < 0])[:2]
        assert [reason["points"] for reason in reasons] == [*largest, *smallest]
        for reason in reasons:
            place = [feature.name for feature in scores.features].index(reason["feature"])
            value = leads.frame.iloc[row][reason["feature"]]
            assert reason["text"] == FEATURES[place].sentence(value)


def test_the_rubric_explains_itself_in_words() -> None:
    rubric = Rubric.load()
    values: dict[str, object] = {feature.name: 0.0 for feature in rubric.features}
    values |= {"seniority": "vice president", "email_kind": "free", "budget": None, "meetings": 2.0}
    frame = pd.DataFrame([values])
    (reasons,) = all_reasons(rubric.score(frame), frame)
    texts = [reason["text"] for reason in reasons]
    assert texts[0] == "Met with us 2 times"
    assert "Job level: vice president" in texts
    assert "Writes from a free-mail address" in texts
