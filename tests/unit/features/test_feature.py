"""A feature's value in the words a salesperson reads."""

import math
import string

import pytest

from features.definitions import DEFINITIONS
from features.feature import Dimension, Feature, Kind

VISITS = Feature(
    "visits", "Visits", Dimension.BEHAVIOURAL, Kind.NUMERIC, "Visited {value} times", {"1": "Once"}
)
TRIAL = Feature("trial", "Trial", Dimension.FIT, Kind.BOOLEAN)


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        (VISITS, 8.0, "Visited 8 times"),
        (VISITS, 1.0, "Once"),
        (VISITS, 12345.6, "Visited 12,346 times"),
        (VISITS, 2.26, "Visited 2.3 times"),
        (VISITS, math.nan, "Visits not known"),
        (VISITS, None, "Visits not known"),
        (TRIAL, 1.0, "Trial: yes"),
        (TRIAL, 0.0, "Trial: no"),
    ],
)
def test_values_are_said_in_words(feature: Feature, value: object, words: str) -> None:
    assert feature.sentence(value) == words


def test_every_feature_has_its_own_name_and_speaks() -> None:
    names = [definition.feature.name for definition in DEFINITIONS]
    assert len(names) == len(set(names))
    for definition in DEFINITIONS:
        feature = definition.feature
        value: object = "technology" if feature.kind is Kind.CATEGORICAL else 7.0
        words = feature.sentence(value)
        assert words
        assert "{" not in words
        assert words[0] in string.ascii_uppercase + string.digits
        assert Feature.from_dict(feature.to_dict()) == feature
