"""Prefect's server, at rest while there is nothing to do.

Three things that are no settings of Prefect 3.8 are most of what it does when idle: its queue of
background work, kept in memory, looks for more four times a second, and for cancelled work ten
times, which no work of it needs; and it reads the names of all time zones for each schedule.
"""

import asyncio
import queue
from datetime import timedelta
from functools import cache, partial
from typing import Any

from burner_redis import pubsub
from docket import Worker
from prefect._internal.schemas import validators
from prefect.server.api import background_workers
from prefect.server.api.server import create_app as create_prefect_app
from prefect.types._datetime import get_timezones

from deployments.prefect_sign_in import SignIn

LOOK_SECONDS = 1.0


def create_app() -> SignIn:
    """The application, for uvicorn."""
    look = timedelta(seconds=LOOK_SECONDS)
    patient = partial(Worker, minimum_check_interval=look, scheduling_resolution=look)
    setattr(background_workers, "Worker", patient)  # noqa: B010
    setattr(validators, "get_timezones", cache(get_timezones))  # noqa: B010
    setattr(pubsub.PubSub, "_queue_get", _next_message)  # noqa: B010
    return SignIn(create_prefect_app())


async def _next_message(self: Any, timeout: float | None) -> Any:
    """What the queue of a subscription holds; None after a while in which there is nothing."""
    while True:
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            if timeout == 0.0:
                return None
            await asyncio.sleep(LOOK_SECONDS)
            if timeout is not None:
                timeout = 0.0
