"""What of webhooks one process keeps: the sources it knows, and the deliveries that gather."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from fastapi import Request

from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.webhooks.known_sources import KnownSources
from leadflow.gateway.http.bounds.bodies import DELIVERIES
from leadflow.gateway.http.gathering import Gathering, rounds_of
from leadflow.sources.accepting import Accepted, Arrival, accept


class Deliveries:
    """Made in the event loop that it is asked from. Deliveries that arrive together are written
    together; a thread of their own does it, which no lead waits for."""

    def __init__(self) -> None:
        self.sources = KnownSources()
        self._executor = ThreadPoolExecutor(1, "deliveries")
        self.inbox: Gathering[Arrival, Accepted] = Gathering(
            _keep, self._executor, between=rounds_of(asyncio.get_running_loop())
        )

    def stop(self) -> None:
        """End, once what has arrived is answered."""
        self._executor.shutdown()


def _keep(arrivals: Sequence[Arrival]) -> list[Accepted | Exception]:
    with unit_of_work() as session:
        return list(accept(session, arrivals, datetime.now(UTC)))


async def is_of_a_source(request: Request) -> bool:
    """Whether a request is for a source that there is."""
    return await source_of(request) is not None


async def source_of(request: Request) -> str | None:
    """The name of the source that a request is for, if it is for one that there is."""
    path = request.url.path
    if not path.startswith(DELIVERIES):
        return None
    deliveries: Deliveries = request.app.state.deliveries
    name = path.removeprefix(DELIVERIES)
    return None if await deliveries.sources.find(name) is None else name
