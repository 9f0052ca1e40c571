"""Deliveries that are proved already, and what became of them."""

import json
from datetime import UTC, datetime
from typing import Any

from leadflow.database.engine import get_engine, unit_of_work
from leadflow.settings import get_settings
from leadflow.sources import service
from leadflow.sources.accepting import Accepted, Arrival, accept
from leadflow.sources.definitions import Source
from leadflow.sources.inbox import Shown, deliveries
from leadflow.sources.processing import Processed, process_some
from models.rubric import Rubric

NAME = "crm"


def write_down(source: Source) -> None:
    """Have this source."""
    with unit_of_work() as session:
        service.apply(session, {NAME: source}, "test", datetime.now(UTC))


def arrive(body: Any, own_id: str | None = None) -> Accepted:
    """One delivery."""
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    with unit_of_work() as session:
        return accept(session, [Arrival(NAME, own_id, written)], datetime.now(UTC))[0]


def process() -> Processed:
    """Take in what waits."""
    return process_some(get_engine(), Rubric.load(), get_settings(), datetime.now(UTC))


def shown() -> list[Shown]:
    """Every delivery, the newest first."""
    with unit_of_work() as session:
        return deliveries(session).items
