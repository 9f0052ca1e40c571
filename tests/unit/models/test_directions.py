"""A feature counts in the direction that everybody knows, whatever history happens to say."""

from dataclasses import replace

import numpy as np
import pytest

from features.definitions import DEFINITIONS
from features.feature import Direction, Feature
from models.candidates import CANDIDATES
from models.recipe import Recipe
from models.scorecard import Part
from tests.directions import against_direction
from tests.unit.models.made_up_leads import FEATURES, make

pytestmark = pytest.mark.uncounted

OPPOSITE: dict[str, Direction] = {"visits": "down", "has_phone": "down", "budget": "down"}


def learned(kind: str, directed: dict[str, Direction]) -> Part:
    """A model of leads that convert the more, the more they visit and the larger their budget."""
    leads = make(600)
    features = tuple(replace(f, direction=directed.get(f.name, "free")) for f in FEATURES)
    recipe = Recipe(
        leads.frame, leads.labels, leads.moments, features, 0, np.arange(len(leads.labels))
    )
    return recipe.learn(kind, np.arange(len(leads)))


@pytest.mark.parametrize("kind", CANDIDATES)
def test_every_kind_of_model_keeps_directions_that_history_speaks_against(kind: str) -> None:
    frame = make(300, seed=4).frame
    assert against_direction(learned(kind, OPPOSITE), frame) == []


def test_the_check_itself_sees_a_model_that_keeps_none() -> None:
    part = learned("logistic regression", {})
    told = tuple(replace(f, direction=OPPOSITE.get(f.name, "free")) for f in FEATURES)
    mistaken = Part(1.0, replace(part.encoding, features=told), part.model)
    assert set(against_direction(mistaken, make(300, seed=4).frame)) == set(OPPOSITE)


def test_more_of_what_leads_do_never_counts_against_them() -> None:
    known: dict[str, Feature] = {item.feature.name: item.feature for item in DEFINITIONS}
    up = {name for name, feature in known.items() if feature.direction == "up"}
    assert {"email_replies", "meetings", "pricing_views", "website_visits", "budget"} <= up
    assert {name for name, feature in known.items() if feature.direction == "down"} == {
        "days_since_active",
        "timeline_months",
    }


def test_a_feature_kept_beside_a_model_keeps_its_direction() -> None:
    for definition in DEFINITIONS:
        feature = definition.feature
        assert Feature.from_dict(feature.to_dict()).direction == feature.direction
