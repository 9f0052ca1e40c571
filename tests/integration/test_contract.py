"""A few made-up requests to every address are answered as the API's description says.

``make test-api`` asks sixty an address, as every role.
"""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import gateway
from tests.contract.run import ask
from tests.servers import free_port, started

pytestmark = pytest.mark.uncounted


@pytest.fixture
def address(store: Engine) -> Iterator[str]:
    settings = Settings(
        gateway_port=free_port(), prefect_port=free_port(), model_name="nothing-promoted"
    )
    running: Iterator[Child] = started(gateway(settings), settings)
    next(running)
    yield settings.gateway_url
    running.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "every", [pytest.param(1, marks=pytest.mark.long), 3], ids=["each", "each third"]
)
def test_every_address_keeps_to_its_description(address: str, every: int) -> None:
    with unit_of_work() as session:
        key = create_key(session, "contract", sorted(SCOPES), [ANYBODY])
    paths = sorted(httpx.get(f"{address}/openapi.json", timeout=60).json()["paths"])
    asked = [word for path in paths[::every] for word in ("--include-path", path)]
    answer = ask(address, key, 1, "--phases", "fuzzing", "--seed", "1", *asked)
    assert answer.returncode == 0, answer.stdout
