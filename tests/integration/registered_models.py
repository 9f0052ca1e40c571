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
from models.refused import ModelAltered
from models.registry import Registry
from models.training import Training, train
from tests.deciders import settle
from tests.servers import forget_models
from tests.unit.models.made_up_leads import FEATURES, make

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(engine: Engine) -> Settings:
    """Settings of a registered model."""
    return get_settings().model_copy(update={"model_name": "serving-record"})


@pytest.fixture(scope="session")
def registered(engine: Engine) -> Iterator[list[Learned]]:
    """What is registered under that name, from one file to the next."""
    yield []
    forget_models(get_settings().model_copy(update={"model_name": "serving-record"}))


@pytest.fixture(scope="module")
def learned(settings: Settings, registered: list[Learned]) -> list[Learned]:
    """Three registered versions of the same kind, the last of them the challenger: those of the
    file before where it has left them whole."""
    if not _are_whole(registered, registry(settings)):
        forget_models(settings)
        registered[:] = [challenger.register(trained(seed), settings, NOW) for seed in (1, 2, 3)]
    return list(registered)


def _are_whole(registered: list[Learned], models: Registry) -> bool:
    there = {facts.version.version for facts in models.facts()} if registered else set()
    if not registered or there != {one.version for one in registered}:
        return False
    if models.alias_version("challenger") != registered[-1].version:
        return False
    try:
        return all(models.load(models.version(one.version)) for one in registered)
    except ModelAltered:
        return False


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
