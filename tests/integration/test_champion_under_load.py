"""The champion moves while leads come in: no restart, no request fails."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.database.engine import unit_of_work
from leadflow.gateway.application import create_app
from leadflow.leads.schemas import EXAMPLE
from leadflow.scoring.learning.challenger import Learned, learn_challenger
from leadflow.scoring.learning.promotion import roll_back
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from tests.integration.registered_models import approve
from tests.servers import forget_models

pytestmark = [pytest.mark.servers, pytest.mark.uncounted, pytest.mark.long]


@pytest.fixture
def challenger(store: Engine) -> Iterator[Learned]:
    """A model learned from a market, which nobody has approved yet."""
    settings, now = get_settings(), datetime.now(UTC)
    forget_models(settings)
    simulate(store, settings, seed=8, leads=900, months=12.0, reps=3, now=now)
    learned = learn_challenger(unit_of_work, settings, now)
    yield learned
    forget_models(settings)


class Load:
    """Leads sent one after the other from several threads, and what was answered."""

    def __init__(self, client: TestClient) -> None:
        self.answers: list[tuple[int, str]] = []
        self._client, self._stop = client, threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(3)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            lead = EXAMPLE | {"email": f"{number}.{count}@company.example.com"}
            answer = self._client.post("/leads", json=lead)
            regime = answer.json().get("score", {}).get("regime", "none")
            self.answers.append((answer.status_code, regime))

    def wait_for(self, wanted: Callable[[str], bool]) -> None:
        """Wait until the newest answer was given by a scorer that is wanted."""
        deadline = time.monotonic() + 60
        while not (self.answers and wanted(self.answers[-1][1])):
            assert time.monotonic() < deadline, self.answers[-3:]
            time.sleep(0.05)


def test_a_champion_that_moves_under_load_fails_no_request(challenger: Learned) -> None:
    settings = get_settings()
    with unit_of_work() as session:
        key = create_key(session, "load")
    with TestClient(create_app(), headers={"X-API-Key": key}) as client, Load(client) as load:
        load.wait_for(lambda regime: regime == "rubric")
        approve(challenger, settings, datetime.now(UTC), "accept what it learned from")
        load.wait_for(lambda regime: regime in ("blend", "model"))
        with unit_of_work() as session:
            roll_back(session, settings, "rubric", "ana", "a drill", datetime.now(UTC))
        load.wait_for(lambda regime: regime == "rubric")
    assert len(load.answers) > 20
    assert {status for status, _ in load.answers} == {201}
