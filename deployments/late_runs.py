"""Runs of a schedule that are late: after a stop, or a clock that was moved, one catches up."""

from datetime import UTC, datetime
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

from deployments.warm_queue import Waiting, superseded

# As many as the server gives at a time.
MOST = 200


def waiting(run: FlowRun) -> Waiting:
    """A run that has not been started, as the queue looks at it."""
    assert run.deployment_id is not None  # noqa: S101  # the pool's runs are deployments'
    at = run.next_scheduled_start_time or run.expected_start_time or datetime.now(UTC)
    return Waiting(run.id, run.deployment_id, at, run.auto_scheduled)


def skipped() -> State[Any]:
    """The state of a run that is dropped because a newer one does its work."""
    return Cancelled(name="Skipped", message="A newer run does its work.")


async def drop_late(client: PrefectClient, pool: str, now: datetime) -> list[FlowRun]:
    """Drop the pool's late runs that are superseded; those runs.

    A worker is given only as many runs as there are places, the oldest first, so that it cannot
    tell by itself which of them are.
    """
    wanted = {
        "state": {"type": {"any_": ["SCHEDULED"]}},
        "next_scheduled_start_time": {"before_": now},
    }
    late = await client.read_flow_runs(
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
        flow_run_filter=FlowRunFilter.model_validate(wanted),
        sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
        limit=MOST,
    )
    by_id = {run.id: run for run in late}
    dropped = [by_id[run_id] for run_id in superseded(map(waiting, late), now)]
    for run in dropped:
        await client.set_flow_run_state(run.id, skipped())
    return dropped
