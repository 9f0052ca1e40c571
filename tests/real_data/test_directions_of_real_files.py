"""On real outcomes and on the simulator no kind of model goes against a stated direction."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import coldstart
from benchmarks.model import DIRECTIONS as OF_BANK
from features.feature import Direction
from leadflow.settings import get_settings
from models.candidates import CANDIDATES
from models.recipe import Recipe
from tests.directions import against_direction

pytestmark = [pytest.mark.real_data, pytest.mark.uncounted]

LEADS = 3000
SETS: dict[str, tuple[Callable[[Path], coldstart.Set], dict[str, Direction]]] = {
    "bank_marketing": (coldstart.bank, {f"attributes.{k}": way for k, way in OF_BANK.items()}),
    "hillstrom": (coldstart.hillstrom, {"attributes.history": "up", "attributes.recency": "down"}),
    "maven_crm": (
        coldstart.maven,
        {"company_size": "up", "attributes.company_revenue": "up", "attributes.list_price": "down"},
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_every_kind_of_model_keeps_directions_on_real_outcomes(name: str) -> None:
    read, directed = SETS[name]
    if not (get_settings().real_data / name).exists():
        pytest.skip(f"{name} is not in LEADFLOW_REAL_DATA")
    data = read(get_settings().real_data)
    assert directed.keys() <= set(data.frame.columns)
    some = np.sort(np.random.default_rng(0).permutation(len(data.labels))[:LEADS])
    features = tuple(replace(f, direction=directed.get(f.name, "free")) for f in data.features)
    frame, labels = data.frame.iloc[some], data.labels[some]
    recipe = Recipe(frame, labels, np.arange(LEADS), features, 0, np.arange(LEADS))
    for kind in CANDIDATES:
        part = recipe.learn(kind, np.arange(LEADS))
        assert against_direction(part, frame.iloc[:200]) == [], kind
