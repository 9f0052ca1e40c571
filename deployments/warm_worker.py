"""A Prefect worker that runs flows in threads of its own process, where they are loaded already.

It is built for Prefect 3.8 and uses some of its names that begin with an underscore; the tests in
``tests/flows/test_warm_worker.py`` are what notices when one of them changes.
"""

import asyncio
import os
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from prefect import Flow
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events import emit_event
from prefect.flows import load_flow_from_entrypoint
from prefect.states import Cancelled, Completed, Crashed, Failed
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

from deployments.due import anything_due
from deployments.late_runs import skipped, waiting
from deployments.lost_runs import end_lost, identity
from deployments.own_flows import may_run_warm, no_variables
from deployments.warm_events import RUN, listen, say_the_rest
from deployments.warm_queue import next_turn
from deployments.warm_run import WarmRun
from leadflow.integrations.run_names import run_name
from leadflow.observability.metrics import count_flow_run
from leadflow.observability.process import begin
from leadflow.settings import get_settings

NOTHING_DUE = "nothing due"
BEAT_SECONDS = 30.0
CHECK_SECONDS = 30.0
# How long runs may go on once the worker is told to end; the supervisor waits a little longer.
STOP_SECONDS = 8.0
# The exit code of a worker that ends because a run cannot be ended.
STUCK = 75


class WarmResult(BaseWorkerResult):
    """``status_code`` 0: the run ended. 1: it hangs, and cannot be ended."""


@cache
def load_flow(entrypoint: str) -> Flow[..., Any]:
    """The flow of an installed module, ``package.module.function``; loaded once."""
    return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)


class WarmWorker(BaseWorker[BaseJobConfiguration, BaseVariables, WarmResult]):
    """Runs the deployments of a pool of type ``leadflow-warm``.

    A deployment is read once: one that changes counts from the worker's next start.
    """

    type = "leadflow-warm"
    job_configuration = BaseJobConfiguration
    _description = "Runs short flows inside the worker, which keeps them loaded."
    _display_name = "Leadflow, warm"

    async def setup(self) -> None:
        """Connect, and be ready to take runs."""
        begin("warm")
        self._waiting: dict[UUID, FlowRun] = {}
        self._at_work: dict[UUID, FlowRun] = {}
        self._threads: dict[UUID, WarmRun] = {}
        self._deployments: dict[UUID, DeploymentResponse] = {}
        self._look, self._news, self._ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._loops, self._began, self._closing = anyio.CancelScope(), False, False
        self._beat_at = time.monotonic()
        await super().setup()

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Look for runs that are due soon; each is started when its time has come."""
        self._last_polled_time = datetime.now(UTC)
        if not self._has_successfully_synced:
            return []
        if not self._began:
            await self._begin()
        if not self._closing:
            found = [entry.flow_run for entry in await self._get_scheduled_flow_runs()]
            self._waiting = {run.id: run for run in found if run.id not in self._at_work}
            self._news.set()
        await self._watch_over()
        return []

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> WarmResult:
        """Run the flow in a thread until it ends, or until it should have and does not."""
        deployment = await self._deployment_of(flow_run)
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        run = WarmRun(
            flow_run,
            lambda: load_flow(str(deployment.entrypoint)),
            lambda: loop.call_soon_threadsafe(ended.set),
        )
        self._threads[flow_run.id] = run
        begun = time.monotonic()
        run.start()
        while not ended.is_set() and run.seconds_left() > 0:
            with anyio.move_on_after(min(run.seconds_left(), 1.0)):
                await ended.wait()
        if ended.is_set():
            del self._threads[flow_run.id]
        else:
            self._closing = True
        state = await self._settle(run, stuck=not ended.is_set())
        count_flow_run(deployment.name, state.type.value.lower(), time.monotonic() - begun)
        return WarmResult(status_code=int(not ended.is_set()), identifier=identity())

    async def teardown(self, *exc_info: Any) -> None:
        """Take nothing new, give runs a while to end, and say of the rest that they crashed."""
        self._closing = True
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(STOP_SECONDS):
                while self._at_work:
                    self._ended.clear()
                    await self._ended.wait()
            for run in self._threads.values():
                await self._end(run.flow_run, Crashed(message="The worker was stopped."))
            self._loops.cancel()
            if self._threads:
                await self._exit(0)
        await super().teardown(*exc_info)

    async def _begin(self) -> None:
        """What needs the pool, now that it is known."""
        self._began = True
        for run in await end_lost(self.client, self._work_pool_name):
            self._logger.warning("%s ended as crashed: its worker was killed", run.name)
        assert self._runs_task_group is not None  # noqa: S101  # set up by the base class
        self._runs_task_group.start_soon(self._start_loops)

    async def _start_loops(self) -> None:
        with self._loops:
            async with anyio.create_task_group() as loops:
                loops.start_soon(listen, self.work_pool.id, self._look.set, self._cancel)
                loops.start_soon(self._look_when_told)
                loops.start_soon(self._start_due)

    async def _look_when_told(self) -> None:
        while True:
            await self._look.wait()
            self._look.clear()
            await self._trying("looking for runs", self.get_and_submit_flow_runs())

    async def _start_due(self) -> None:
        """Start what waits, each at its time."""
        assert self._runs_task_group is not None  # noqa: S101
        while not self._closing:
            self._news.clear()
            now = datetime.now(UTC)
            at_work = [run.deployment_id for run in self._at_work.values() if run.deployment_id]
            turn = next_turn(map(waiting, self._waiting.values()), at_work, now)
            for run_id in turn.drop:
                self._runs_task_group.start_soon(self._drop, self._waiting.pop(run_id))
            for run_id in turn.start:
                self._at_work[run_id] = self._waiting.pop(run_id)
                self._runs_task_group.start_soon(self._take, self._at_work[run_id])
            seconds = None if turn.next_at is None else (turn.next_at - now).total_seconds()
            with anyio.move_on_after(seconds):
                await self._news.wait()

    async def _take(self, flow_run: FlowRun) -> None:
        try:
            await self._trying(f"running {flow_run.name}", self._work(flow_run))
        finally:
            del self._at_work[flow_run.id]
            self._news.set()
            self._ended.set()
        if self._threads and not self._at_work:
            await self._exit(STUCK)

    async def _work(self, flow_run: FlowRun) -> None:
        """See whether anything is due, and run the flow if so."""
        begun = time.monotonic()
        try:
            no_variables(flow_run.job_variables or {})
            deployment = await self._deployment_of(flow_run)
            if await self._nothing_due(deployment):
                at = flow_run.expected_start_time or datetime.now(UTC)
                name = run_name(deployment.name, at, NOTHING_DUE)
                await self.client.update_flow_run(flow_run.id, name=name)
                await self._end(flow_run, Completed(message=NOTHING_DUE), force=False)
                count_flow_run(deployment.name, "nothing_due", time.monotonic() - begun)
            elif await self._propose_pending_state(flow_run):
                await self.client.update_flow_run(flow_run.id, infrastructure_pid=identity())
                await self.run(flow_run, BaseJobConfiguration())
        except Exception as error:
            await self._end(flow_run, Crashed(message=f"{type(error).__name__}: {error}"))
            raise

    async def _nothing_due(self, deployment: DeploymentResponse) -> bool:
        """Where the look itself fails or hangs, the flow is run: its failure is seen by people."""
        check = deployment.job_variables.get("due")
        if check is None:
            return False
        try:
            with anyio.fail_after(CHECK_SECONDS):
                return not await anyio.to_thread.run_sync(
                    anything_due, str(check), abandon_on_cancel=True
                )
        except Exception:
            self._logger.exception("%s could not be asked whether anything is due", check)
            return False

    async def _settle(self, run: WarmRun, stuck: bool) -> State[Any]:
        """See that the server knows how a run ended, whatever it was that ended it; that state."""
        if run.state is not None and run.state.is_final():
            return run.state
        state: State[Any] = Crashed(message="It ended without a result.")
        if run.error is not None:
            state = Crashed(message=f"It was ended by {type(run.error).__name__}.")
            self._logger.error("%s crashed", run.flow_run.name, exc_info=run.error)
        if stuck:
            message = "It went on after its time-out and cannot be ended; the worker starts anew."
            state = Failed(name="TimedOut", message=message)
            self._logger.error("%s hangs: the worker ends once the others are done", run.flow_run)
        if run.was_cancelled:
            state = Cancelled(message="Cancelled while it ran.")
        await self._end(run.flow_run, state)
        return state

    async def _end(self, flow_run: FlowRun, state: State[Any], force: bool = True) -> None:
        """Set a final state, unless the run has one."""
        if force:
            now = await self.client.read_flow_run(flow_run.id)
            if now.state is not None and now.state.is_final():
                return
        await self.client.set_flow_run_state(flow_run.id, state, force=force)

    async def _drop(self, flow_run: FlowRun) -> None:
        ending = self._end(flow_run, skipped(), force=False)
        await self._trying(f"dropping {flow_run.name}", ending)

    async def _deployment_of(self, flow_run: FlowRun) -> DeploymentResponse:
        assert flow_run.deployment_id is not None  # noqa: S101  # the pool's runs are deployments'
        if flow_run.deployment_id not in self._deployments:
            found = await self.client.read_deployment(flow_run.deployment_id)
            may_run_warm(found, get_settings().flow_packages)
            self._deployments[flow_run.deployment_id] = found
        return self._deployments[flow_run.deployment_id]

    async def _watch_over(self) -> None:
        """Say that runs live, as Prefect's engine does in a process of its own, and look whether
        one was cancelled while nothing was heard of the server."""
        if not self._threads:
            return
        if time.monotonic() - self._beat_at >= BEAT_SECONDS:
            self._beat_at = time.monotonic()
            for run in self._threads.values():
                resource = {"prefect.resource.id": f"{RUN}{run.flow_run.id}"}
                emit_event(f"{RUN}heartbeat", resource=resource)
        wanted = {"id": {"any_": list(self._threads)}, "state": {"type": {"any_": ["CANCELLING"]}}}
        for cancelled in await self.client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(wanted)
        ):
            self._cancel(cancelled.id)

    def _cancel(self, run_id: UUID) -> None:
        if run_id in self._threads:
            self._threads[run_id].cancel()

    async def _trying(self, what: str, work: Awaitable[object]) -> None:
        """An error ends this piece of work and nothing else."""
        try:
            await work
        except Exception:
            self._logger.exception("An error while %s", what)

    async def _exit(self, code: int) -> None:
        """End the process, though a thread still runs; what was to be said is said first."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(say_the_rest)
        os._exit(code)
