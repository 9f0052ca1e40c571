"""Prefect's process worker, told of new runs instead of asking for them all the time."""

import asyncio
from uuid import UUID

import anyio
from prefect.client.schemas.objects import FlowRun
from prefect.workers.process import ProcessWorker

from deployments.warm_events import listen


class ToldProcessWorker(ProcessWorker):
    """Runs each flow in a process of its own. Between its looks for runs, the server's events tell
    it of those that are to start at once."""

    type = "leadflow-process"
    _description = "Runs each flow in a process of its own."
    _display_name = "Leadflow, process"

    async def setup(self) -> None:
        """Connect, and be ready to take runs."""
        self._look, self._listening = asyncio.Event(), False
        await super().setup()

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Look for runs and start them."""
        if self._has_successfully_synced and not self._listening and self._runs_task_group:
            self._listening = True
            self._runs_task_group.start_soon(self._look_when_told)
        return await super().get_and_submit_flow_runs()

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
