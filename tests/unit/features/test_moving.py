"""A feature that is carried over goes by the profile and by events alone, whatever it says."""

from features.attributes import attribute_definitions
from features.carrying import moving_aggregates, moving_definitions
from features.definition import Definition, days_before
from features.feature import Dimension, Feature, FeatureKind
from features.opinion import latest_opinion

ATTRIBUTES = attribute_definitions(
    [
        {"name": name, "label": name, "kind": kind, "dimension": "fit"}
        for name, kind in (("plan", "categorical"), ("since", "date"))
    ]
)


def feature(name: str) -> Feature:
    return Feature(name, name, Dimension.FIT, FeatureKind.NUMERIC)


def test_what_goes_by_the_moment_or_by_other_tables_is_looked_at_again() -> None:
    found = {item.feature.name for item in moving_definitions(ATTRIBUTES)}
    assert found == {
        *("recent_visits", "days_since_active", "age_days", "ai_score", "attributes.since"),
    }
    assert {need.name for need in moving_aggregates(ATTRIBUTES)} == {
        "last_active_at",
        "last_event_at",
    }


def test_one_that_does_not_say_that_it_moves_is_found_out() -> None:
    silent = Definition(
        feature("age"), lambda profile, activity: days_before(profile, profile.c.created_at)
    )
    elsewhere = Definition(feature("opinion"), latest_opinion)
    found = moving_definitions([silent, elsewhere])
    assert {"age", "opinion"} <= {item.feature.name for item in found}
