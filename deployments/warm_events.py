"""Events of a pool's runs, as the Prefect server tells them, and what is told to it."""

from collections.abc import Callable
from uuid import UUID

import anyio
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventAnyResourceFilter, EventFilter, EventNameFilter
from prefect.logging.loggers import get_logger

AGAIN_SECONDS = 5.0
RUN = "prefect.flow-run."
logger = get_logger("leadflow-warm")


async def listen(pool: UUID, scheduled: Callable[[], None], cancel: Callable[[UUID], None]) -> None:
    """Until cancelled: call ``scheduled`` when the pool gets a run to be started, and ``cancel``
    with the run that somebody cancels. While the server is away nothing is heard, and the worker
    finds out when it looks for runs."""
    wanted = EventFilter(
        event=EventNameFilter(name=[f"{RUN}Scheduled", f"{RUN}AwaitingRetry", f"{RUN}Cancelling"]),
        any_resource=EventAnyResourceFilter(id=[f"prefect.work-pool.{pool}"]),
    )
    while True:
        try:
            async with get_events_subscriber(filter=wanted) as events:
                async for event in events:
                    if event.event == f"{RUN}Cancelling":
                        cancel(UUID(event.resource.id.removeprefix(RUN)))
                    else:
                        scheduled()
        except Exception as error:
            logger.info("The server's events are not heard: %s", type(error).__name__)
        await anyio.sleep(AGAIN_SECONDS)


def say_the_rest() -> None:
    """Send the events and log lines that have not reached the server yet; waits for it a few
    seconds."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for sayer in (EventsWorker, APILogWorker):
        sayer.drain_all(timeout=5)
