"""Runs of a warm worker that is gone."""

import os
import socket

import psutil
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Crashed

UNDER_WAY = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


def identity() -> str:
    """This process, as its runs name it: ``host:process id``."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def end_lost(client: PrefectClient, pool: str) -> list[FlowRun]:
    """End as crashed the pool's runs whose worker ran on this machine and does no more: a thread
    does not outlive its process. Those runs are returned."""
    under_way = await client.read_flow_runs(
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
        flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": UNDER_WAY}}}),
    )
    lost = [run for run in under_way if _is_gone(run.infrastructure_pid)]
    for run in lost:
        state: State[None] = Crashed(message="Its worker was killed.")
        await client.set_flow_run_state(run.id, state, force=True)
    return lost


def _is_gone(worker: str | None) -> bool:
    host, _, process = (worker or "").rpartition(":")
    if host != socket.gethostname() or not process.isdigit() or worker == identity():
        return False
    try:
        return "leadflow-warm" not in psutil.Process(int(process)).cmdline()
    except psutil.Error:
        return True
