"""A feature's value in the words a salesperson reads."""

import json
import math
import string

import pytest

from features.attributes import attribute_definitions
from features.definitions import DEFINITIONS
from features.feature import Dimension, Feature, FeatureKind

VISITS = Feature(
    "visits",
    "Visits",
    Dimension.BEHAVIOURAL,
    FeatureKind.NUMERIC,
    "Visited {value} times",
    {"1": "Once"},
)
TRIAL = Feature("trial", "Trial", Dimension.FIT, FeatureKind.BOOLEAN)
ODD = Feature("odd", "Odd {0} {label}", Dimension.FIT, FeatureKind.CATEGORICAL)
SCHOOL = Feature("school", "School", Dimension.FIT, FeatureKind.CATEGORICAL)
END, NOTES = (
    definition.feature
    for definition in attribute_definitions(
        [
            {"name": "end", "label": "Contract end", "kind": "date", "dimension": "fit"},
            {
                "name": "notes",
                "label": "Notes",
                "kind": "text",
                "dimension": "fit",
                "use": "words",
            },
        ]
    )
)


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
        (VISITS, -8.0, "Visited -8 times"),
        (VISITS, 1e308, "Visited 1e+308 times"),
        (VISITS, math.inf, "Visited inf times"),
        (ODD, "{value} {1}", "Odd {0} {label}: {value} {1}"),
        (SCHOOL, "Школа № 5", "School: Школа № 5"),
        (SCHOOL, "x" * 5000, "School: " + "x" * 79 + "…"),
        (END, -40.0, "Contract end: 40 days ahead"),
        (END, 40.0, "Contract end: 40 days ago"),
        (END, -2912342.0, "Contract end: 2,912,342 days ahead"),
        (END, 0.0, "Contract end: today"),
        (END, -1.0, "Contract end: tomorrow"),
        (END, 1.0, "Contract end: yesterday"),
        (END, math.nan, "Contract end not known"),
        (NOTES, 12.0, "Notes: 12 words"),
        (NOTES, 1.0, "Notes: one word"),
        (NOTES, None, "Notes: nothing written"),
    ],
)
def test_values_are_said_in_words(feature: Feature, value: object, words: str) -> None:
    assert feature.sentence(value) == words


def test_features_of_attributes_are_kept_beside_a_model() -> None:
    for feature in (END, NOTES, ODD):
        assert Feature.from_dict(json.loads(json.dumps(feature.to_dict()))) == feature


def test_every_feature_has_its_own_name_and_speaks() -> None:
    names = [definition.feature.name for definition in DEFINITIONS]
    assert len(names) == len(set(names))
    for definition in DEFINITIONS:
        feature = definition.feature
        value: object = "technology" if feature.kind is FeatureKind.CATEGORICAL else 7.0
        words = feature.sentence(value)
        assert words
        assert "{" not in words
        assert words[0] in string.ascii_uppercase + string.digits
        assert Feature.from_dict(feature.to_dict()) == feature
