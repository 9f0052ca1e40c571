"""Registered versions and their approval, for tests of what serves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import pytest
from sqlalchemy import Engine

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger
from leadflow.scoring.learning.challenger import Learned
from leadflow.scoring.learning.promotion import promote
from leadflow.scoring.serving.champion import registry
from leadflow.settings import Settings, get_settings
from models.registry import Registry
from models.training import Training, train
from tests.deciders import settle
from tests.servers import forget_models
from tests.unit.models.made_up_leads import FEATURES, make

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(engine: Engine) -> Iterator[Settings]:
    """Settings of a registered model of this file's own."""
    own = get_settings().model_copy(update={"model_name": "serving-record"})
    yield own
    forget_models(own)


@pytest.fixture(scope="module")
def learned(settings: Settings) -> list[Learned]:
    """Three registered versions of the same kind."""
    result = []
    for seed in (1, 2, 3):
        result.append(challenger.register(trained(seed), settings, NOW))
    return result


@lru_cache
def trained(seed: int) -> Training:
    """What was learned from 800 made-up leads; learned once in a test run."""
    leads = make(800, seed=seed)
    return train(leads.frame, leads.labels, leads.moments, FEATURES, seed=seed)


@pytest.fixture
def models(store: Engine, settings: Settings, learned: list[Learned]) -> Registry:
    """The registry with nothing promoted."""
    found = registry(settings)
    if found.champion() is not None:
        found.retire()
    return found


def approve(learned: Learned, settings: Settings, at: datetime = NOW, reason: str = "ok") -> str:
    """Ask, approve and carry out."""
    with unit_of_work() as session:
        question = approvals.propose(session, challenger.promotion(learned, settings), at)
        settle(session, question.id, at, reason=reason)
    with unit_of_work() as session:
        payload = {**question.payload, "approval_id": question.id}
        promote(session, settings, payload, at)
    return question.id
