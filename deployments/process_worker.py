"""Prefect's process worker, told of new runs instead of asking for them all the time."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import anyio
import anyio.abc
from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.processutils import command_to_string, get_sys_executable
from prefect.workers import process
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from deployments.late_runs import drop_late
from deployments.own_flows import entrypoint_of, no_variables
from deployments.warm_events import listen
from leadflow.observability.metrics import FOLDER, count_flow_run
from leadflow.settings import get_settings

# What a process of a run begins with, and where it finds which flow that is.
ENGINE = command_to_string([get_sys_executable(), "-m", "prefect.engine"])
ENTRYPOINT = "PREFECT__FLOW_ENTRYPOINT"


async def load_own_flow(flow_run: FlowRun, **_: Any) -> Flow[..., Any]:
    """The flow of a run for its hooks, which are run in the worker itself. Prefect would do what
    the deployment says by then: fetch the flow by its steps, or from a file.

    Raises:
        RunRefused: its deployment names no flow of ours by now.
    """
    assert flow_run.deployment_id is not None  # noqa: S101  # the pool's runs are deployments'
    async with get_client() as client:
        deployment = await client.read_deployment(flow_run.deployment_id)
    named = entrypoint_of(deployment, get_settings().flow_packages)
    return load_flow_from_entrypoint(named, use_placeholder_flow=False)


setattr(process, "load_flow_from_flow_run", load_own_flow)  # noqa: B010


class OwnConfiguration(ProcessJobConfiguration):
    """How runs are started is the worker's to say, not the pool's, a deployment's or a run's."""

    @classmethod
    async def from_template_and_values(
        cls,
        base_job_template: dict[str, Any],
        values: dict[str, Any],
        client: PrefectClient | None = None,
    ) -> Self:
        """The same for every run.

        Raises:
            RunRefused: a deployment or a run sets a variable.
        """
        no_variables(values)
        return cls(command=ENGINE)


class ToldProcessWorker(ProcessWorker):
    """Runs each flow in a process of its own. Between its looks for runs, the server's events tell
    it of those that are to start at once."""

    type = "leadflow-process"
    _description = "Runs each flow in a process of its own."
    _display_name = "Leadflow, process"
    job_configuration = OwnConfiguration

    async def setup(self) -> None:
        """Connect, and be ready to take runs."""
        self._look, self._listening = asyncio.Event(), False
        await super().setup()

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Look for runs and start them; late ones whose work a newer one does are dropped."""
        if self._has_successfully_synced and not self._listening and self._runs_task_group:
            self._listening = True
            self._runs_task_group.start_soon(self._look_when_told)
        await self._drop_late()
        return await super().get_and_submit_flow_runs()

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Run the flow in a process of its own, and count it for ``/metrics``.

        Raises:
            RunRefused: its deployment names no flow of ours.
        """
        assert flow_run.deployment_id is not None  # noqa: S101  # the pool's runs are deployments'
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        named = entrypoint_of(deployment, get_settings().flow_packages)
        # The worker counts: each process would leave a file of its own behind.
        configuration.env |= {ENTRYPOINT: named, FOLDER: None}
        begun = time.monotonic()
        try:
            return await super().run(flow_run, configuration, task_status)
        finally:
            await self._count(flow_run, deployment.name, time.monotonic() - begun)

    async def _drop_late(self) -> None:
        """An error here keeps no run from being started."""
        try:
            if self._has_successfully_synced:
                await drop_late(self.client, self._work_pool_name, datetime.now(UTC))
        except Exception:
            self._logger.exception("Late runs could not be dropped")

    async def _count(self, flow_run: FlowRun, deployment: str, seconds: float) -> None:
        try:
            now = await self.client.read_flow_run(flow_run.id)
            if now.state_type is not None:
                count_flow_run(deployment, now.state_type.value.lower(), seconds)
        except Exception:
            self._logger.exception("%s could not be counted", flow_run.name)

    async def _look_when_told(self) -> None:
        async with anyio.create_task_group() as loops:
            loops.start_soon(listen, self.work_pool.id, self._look.set, _leave_it)
            while True:
                await self._look.wait()
                self._look.clear()
                try:
                    await self.get_and_submit_flow_runs()
                except Exception:
                    self._logger.exception("An error while looking for runs")


def _leave_it(run: UUID) -> None:
    """Runs in processes are cancelled by whoever started the process."""
