"""Directions hold on the market that leads are simulated by, and for a company's own attributes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features.opinion import AI_SCORE
from leadflow.database.engine import unit_of_work
from leadflow.leads.files.mapped_attributes import register_mapped
from leadflow.leads.files.mapping import parse_mapping
from leadflow.scoring.serving.feature_frames import custom_definitions, read_training_set
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from models.candidates import CANDIDATES
from models.recipe import Recipe
from tests.directions import against_direction

pytestmark = pytest.mark.uncounted

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.long
def test_every_kind_of_model_keeps_the_directions_on_the_simulated_market(store: Engine) -> None:
    simulate(store, get_settings(), seed=3, leads=900, months=12.0, reps=2, now=NOW)
    with unit_of_work() as session:
        data = read_training_set(session, NOW, timedelta(days=90))
    features = tuple(f for f in data.features if f.name != AI_SCORE.name)
    recipe = Recipe(
        data.frame, data.converted, data.moments, features, 0, np.arange(len(data.converted))
    )
    everyone = np.arange(len(data.converted))
    for kind in CANDIDATES:
        part = recipe.learn(kind, everyone)
        assert any(part.encoding.signs), kind
        assert against_direction(part, data.frame.iloc[:80]) == [], kind


def test_a_mapping_says_the_direction_of_a_company_s_own_attributes(session: Session) -> None:
    told = {
        "seats": {"column": "Seats", "kind": "numeric", "direction": "up"},
        "asked": {"column": "Asked on", "kind": "date", "direction": "down"},
        "plan": {"column": "Plan", "kind": "categorical"},
    }
    register_mapped(session, parse_mapping({"source": "s", "key": "Id", "attributes": told}))
    session.flush()
    features = {item.feature.name: item.feature for item in custom_definitions(session)}
    assert {name: feature.direction for name, feature in features.items()} == {
        "attributes.asked": "down",
        "attributes.plan": "free",
        "attributes.seats": "up",
    }
    del told["seats"]["direction"]
    register_mapped(session, parse_mapping({"source": "s", "key": "Id", "attributes": told}))
    session.flush()
    features = {item.feature.name: item.feature for item in custom_definitions(session)}
    assert features["attributes.seats"].direction == "free"
